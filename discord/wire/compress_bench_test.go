package wire_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"cloudflarechat/discord/wire"
)

// What the Gateway's transport compression costs and saves, beside reading the frames without it: docs/architecture.md says what follows. Go's own
// runner for WASM measures it on the engine that Workers run on:
//
//	GOOS=js GOARCH=wasm go test -exec "$(go env GOROOT)/lib/wasm/go_js_wasm_exec" -run '^$' -bench 'Transport' ./discord/wire
func BenchmarkTransport(b *testing.B) {
	for _, kind := range []struct {
		name   string
		frames [][]byte
	}{{"guild 2MB", [][]byte{bigGuild(2 << 20)}}, {"messages", messages(1000)}} {
		b.Run(kind.name+"/plain", func(b *testing.B) {
			whole := bytes.Join(kind.frames, nil)
			transport(b, kind.frames, func() io.Reader { return bytes.NewReader(whole) }, 0)
		})
		b.Run(kind.name+"/zlib-stream", func(b *testing.B) {
			var packed bytes.Buffer
			w := zlib.NewWriter(&packed)
			for _, f := range kind.frames {
				mustWrite(b, w, f)
				if err := w.Flush(); err != nil {
					b.Fatal(err)
				}
			}
			transport(b, kind.frames, func() io.Reader {
				r, err := zlib.NewReader(bytes.NewReader(packed.Bytes()))
				if err != nil {
					b.Fatal(err)
				}
				return r
			}, packed.Len())
		})
		b.Run(kind.name+"/zstd-stream", func(b *testing.B) {
			var packed bytes.Buffer
			w, err := zstd.NewWriter(&packed, zstd.WithEncoderConcurrency(1))
			if err != nil {
				b.Fatal(err)
			}
			for _, f := range kind.frames {
				mustWrite(b, w, f)
				if err := w.Flush(); err != nil {
					b.Fatal(err)
				}
			}
			transport(b, kind.frames, func() io.Reader {
				r, err := zstd.NewReader(bytes.NewReader(packed.Bytes()), zstd.WithDecoderConcurrency(1))
				if err != nil {
					b.Fatal(err)
				}
				return r
			}, packed.Len())
		})
	}
}

func mustWrite(b *testing.B, w io.Writer, data []byte) {
	b.Helper()
	if _, err := w.Write(data); err != nil {
		b.Fatal(err)
	}
}

// messages are so many posts, each a little different.
func messages(n int) (list [][]byte) {
	for i := range n {
		words := strings.Repeat("It is number "+strings.Repeat("x", i%17)+" and a half. ", 1+i%3)
		list = append(list, []byte(strings.Replace(messageCreate, "Have you tried turning it off and on again?", words, 1)))
	}
	return list
}

// transport reads all frames of a connection, and says what one costs.
func transport(b *testing.B, frames [][]byte, open func() io.Reader, packed int) {
	b.ReportAllocs()
	plain := 0
	for _, f := range frames {
		plain += len(f)
	}
	buf := make([]byte, 3<<20)
	for b.Loop() {
		r := open()
		for _, f := range frames {
			frame := buf[:len(f)]
			if _, err := io.ReadFull(r, frame); err != nil {
				b.Fatal(err)
			}
			if _, err := wire.ParseFrame(frame); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(frames)), "µs/frame")
	if packed > 0 {
		b.ReportMetric(100*float64(packed)/float64(plain), "%size")
	}
}
