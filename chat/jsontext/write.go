package jsontext

import (
	"strconv"
	"unicode/utf8"
)

// AppendString appends text as a JSON string. Bytes that are no UTF-8 become
// U+FFFD.
func AppendString[T ~string](dst []byte, text T) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			v, n := utf8.DecodeRuneInString(string(text[i:]))
			if v == utf8.RuneError && n == 1 {
				dst = append(append(dst, text[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		i++
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, text[from:i-1]...)
		from = i
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(dst, text[from:]...), '"')
}

// Object writes an object, a field after the other. Make it with [Begin].
type Object struct {
	b []byte
}

// Begin begins an object at the end of dst.
func Begin(dst []byte) *Object { return &Object{append(dst, '{')} }

// End ends the object and gives all that was written.
func (o *Object) End() []byte { return append(o.b, '}') }

// key writes a name; its value follows.
func (o *Object) key(name string) {
	if o.b[len(o.b)-1] != '{' {
		o.b = append(o.b, ',')
	}
	o.b = append(append(append(o.b, '"'), name...), '"', ':')
}

// Text writes a field. Names must need no escape.
func (o *Object) Text(name, value string) *Object {
	o.key(name)
	o.b = AppendString(o.b, value)
	return o
}

// TextUnlessEmpty writes a field that is left out when it is "".
func (o *Object) TextUnlessEmpty(name, value string) *Object {
	if value == "" {
		return o
	}
	return o.Text(name, value)
}

// Int writes a field.
func (o *Object) Int(name string, value int64) *Object {
	o.key(name)
	o.b = strconv.AppendInt(o.b, value, 10)
	return o
}

// IntUnlessZero writes a field that is left out when it is 0.
func (o *Object) IntUnlessZero(name string, value int64) *Object {
	if value == 0 {
		return o
	}
	return o.Int(name, value)
}

// Bool writes a field.
func (o *Object) Bool(name string, value bool) *Object {
	o.key(name)
	o.b = strconv.AppendBool(o.b, value)
	return o
}

// True writes a field that is left out when it is false.
func (o *Object) True(name string, value bool) *Object {
	if !value {
		return o
	}
	return o.Bool(name, value)
}

// Inside writes a field whose value write appends.
func (o *Object) Inside(name string, write func(dst []byte) []byte) *Object {
	o.key(name)
	o.b = write(o.b)
	return o
}
