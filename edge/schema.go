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
	o.Text("find", records.FindSQL()).Inside("tails", appendAllTails).Inside("closes", func(dst []byte) []byte {
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
	return jsontext.Begin(dst).Text("name", s.Name).Text("kinds", string(kinds)).Text("create", s.CreateSQL(records.SchemaVersion)).Inside("later", func(dst []byte) []byte {
		o := jsontext.Begin(dst)
		for _, c := range s.Columns {
			if c.Since > 0 {
				o.Text(c.Name, s.AddSQL(c))
			}
		}
		return o.End()
	}).
		Text("put", s.PutSQL()).Text("delete", s.DeleteSQL()).Text("range", s.RangeSQL()).End()
}

func appendAllTails(dst []byte) []byte {
	o := jsontext.Begin(dst)
	tails := func(name string, at chat.Address) {
		o.Inside(name, func(dst []byte) []byte {
			dst = append(dst, '[')
			for i, t := range Tails(at) {
				if i > 0 {
					dst = append(dst, ',')
				}
				dst = jsontext.Begin(dst).Int("table", int64(t.Table)).Int("limit", int64(t.Limit)).End()
			}
			return append(dst, ']')
		})
	}
	tails("session", chat.SessionAt(""))
	tails("desk", chat.DeskAddress)
	tails("gateway", GatewayAddress)
	for _, kind := range chat.RegistryKinds {
		tails(kind, chat.Address{Kind: chat.KindRegistry, Key: kind + ":"})
	}
	return o.End()
}
