package text

import (
	"strings"
	"testing"
)

var benchTexts = []struct{ name, text string }{
	{"words", strings.Repeat("Hello, my order has not arrived yet! Can you help me please? ", 4)},
	{"usual", strings.Repeat("Hi! Order #1234 (see https://shop.example/orders/12_34) is late, by 2-3 days. Thanks :) ", 3)},
	{"scripts", strings.Repeat("Привет 你好 नमस्ते 👨‍👩‍👧 ", 10)},
	{"hostile", strings.Repeat("**_~|`[a](b)<@1>", 16)},
}

func BenchmarkEscape(b *testing.B) {
	for _, c := range benchTexts {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				Escape(c.text)
			}
		})
	}
}

func BenchmarkParts(b *testing.B) {
	header := Header("Ann", "ann@example.com", "/pricing", "")
	texts := []string{benchTexts[0].text, benchTexts[1].text}
	b.ReportAllocs()
	for b.Loop() {
		Parts(header, texts, PostUnits)
	}
}

func BenchmarkPlain(b *testing.B) {
	for _, c := range append(benchTexts, struct{ name, text string }{"marked", strings.Repeat("**Hello** _you_, see [docs](https://a.b/c) and `code`\n- x\n> y\n", 5)}) {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				Plain(Incoming{Content: c.text})
			}
		})
	}
}
