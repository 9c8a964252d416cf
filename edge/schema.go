package edge

import (
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/chat/jsontext"
	"cloudflarechat/chat/records"
)

// schema tells a host all that it must know of the records: JSON, since it is
// asked once an instance.
func schema() []byte {
	o := jsontext.Begin([]byte{byte(StatusOK)}).Int("version", records.SchemaVersion).Inside("tables", func(dst []byte) []byte {
		dst = append(dst, '[')
		for i := range records.Tables {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendTable(dst, &records.Tables[i])
		}
		return append(dst, ']')
	})
	o.Inside("tails", appendAllTails).Inside("closes", func(dst []byte) []byte {
		c := jsontext.Begin(dst)
		for _, row := range chat.Closes {
			c.Text(strconv.Itoa(int(row.Code)), row.Reason)
		}
		return c.End()
	})
	return o.End()
}

func appendTable(dst []byte, s *records.Schema) []byte {
	kinds := make([]byte, len(s.Columns)) // i or t, a letter a column
	for i, c := range s.Columns {
		if kinds[i] = 'i'; c.Kind == records.Text {
			kinds[i] = 't'
		}
	}
	return jsontext.Begin(dst).Text("name", s.Name).Text("kinds", string(kinds)).Text("create", s.CreateSQL()).
		Text("put", s.PutSQL()).Text("delete", s.DeleteSQL()).Text("range", s.RangeSQL()).End()
}

func appendAllTails(dst []byte) []byte {
	o := jsontext.Begin(dst)
	for _, k := range []struct {
		name string
		at   chat.Address
	}{
		{"session", chat.SessionAt("")}, {"thread", chat.ThreadKey("")}, {"email", chat.EmailKey("")}, {"bearer", chat.BearerKey("")},
		{"desk", chat.DeskAddress}, {"gateway", GatewayAddress},
	} {
		o.Inside(k.name, func(dst []byte) []byte {
			dst = append(dst, '[')
			for i, t := range Tails(k.at) {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = jsontext.Begin(dst).Int("table", int64(t.Table)).Int("limit", int64(t.Limit)).End()
			}
			return append(dst, ']')
		})
	}
	return o.End()
}
