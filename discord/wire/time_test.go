package wire

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTimesAreThoseOfTheLibrary holds both readers of times to package time.
func TestTimesAreThoseOfTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(-62135596800000, 253402300799000).Draw(t, "ms")).UTC()
		if got, ok := HTTPDateMs(at.Format("Mon, 02 Jan 2006 15:04:05 GMT")); !ok || got != at.Unix()*1000 {
			t.Fatalf("HTTP: %v became %d, %v", at, got, ok)
		}
		zone := time.FixedZone("", 60*rapid.IntRange(-14*60, 14*60).Draw(t, "minutes"))
		text := at.In(zone).Format(rapid.SampledFrom([]string{time.RFC3339, "2006-01-02T15:04:05.000000-07:00", time.RFC3339Nano}).Draw(t, "format"))
		want, err := time.Parse(time.RFC3339Nano, text)
		if got, ok := timestampMs(text); ok != (err == nil) || ok && got != want.UnixMilli() {
			t.Fatalf("%q became %d, %v, want %d, %v", text, got, ok, want.UnixMilli(), err)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		text := []byte("2024-02-29T23:59:59.123456+01:00")
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("0123456789-:.+TZ ,x")).Draw(t, "to")
		}
		s := string(text[:rapid.IntRange(0, len(text)).Draw(t, "length")])
		want, err := time.Parse(time.RFC3339Nano, s)
		got, ok := timestampMs(s)
		if ok && (err != nil || got != want.UnixMilli()) {
			t.Fatalf("%q became %d, and is %d, %v", s, got, want.UnixMilli(), err)
		}
	})
	for _, s := range []string{"", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 31 Apr 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
		"Sun, 06 anF 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT"} {
		if _, ok := HTTPDateMs(s); ok {
			t.Errorf("%q is taken", s)
		}
	}
}
