package edge

//go:generate go run ./gen codec_gen.go ../workers/border/codec.gen.ts
