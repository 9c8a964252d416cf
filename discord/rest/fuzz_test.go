package rest_test

import (
	"testing"

	"cloudflarechat/discord/rest"
)

// FuzzDone: no answer makes the scheduler panic, turns a success into an error, or closes it for more than a day.
func FuzzDone(f *testing.F) {
	f.Add(200, "5", "4", "0.5", "h", "", "", "1", []byte(`{"id":"1"}`))
	f.Add(429, "5", "0", "1e9", "h", "user", "true", "60", []byte(`{"retry_after":64.57,"global":false}`))
	f.Add(429, "", "", "", "", "shared", "", "", []byte("<html>error code: 1015</html>"))
	f.Add(403, "", "", "NaN", "", "", "", "-1", []byte(`{"code":0,"message":"You are being blocked"}`))
	f.Add(400, "-5", "99999999999999999999", "Inf", "h", "?", "maybe", "x", []byte(`{"code":50035,"errors":{"a":{"b":{"_errors":[{"code":1}]}}}}`))
	f.Fuzz(func(t *testing.T, status int, limit, remaining, after, bucket, scope, global, retry string, body []byte) {
		s := rest.New(rest.Options{})
		now := int64(t0)
		for i := range 3 {
			r := post(i % 2)
			d := s.Reserve(now, &r)
			if !d.Go {
				if d.Reason == rest.DeadToken {
					return
				}
				if d.At <= now || d.At > now+25*60*60*1000 {
					t.Fatalf("decision %+v at %d", d, now)
				}
				now = d.At
				continue
			}
			v := s.Done(now, d.Permit, rest.Outcome{Status: status, Body: body, Header: rest.Header{
				Limit: limit, Remaining: remaining, ResetAfter: after, Reset: after, Bucket: bucket, Scope: scope, Global: global, RetryAfter: retry, Date: retry}})
			if status >= 200 && status < 300 && v.Class != rest.OK {
				t.Fatalf("a success became %+v", v)
			}
			if v.RetryAt != 0 && (v.RetryAt <= now || v.RetryAt > now+25*60*60*1000) {
				t.Fatalf("verdict %+v at %d", v, now)
			}
		}
	})
}
