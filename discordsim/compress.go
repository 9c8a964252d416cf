package discordsim

import (
	"bytes"

	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// compressor is the transport compression of one connection: one context for its whole life, flushed after each payload.
// https://discord.com/developers/docs/events/gateway#transport-compression
type compressor interface {
	pack(frame []byte) ([]byte, error)
}

// compressorFor gives the compressor that a client asked for; nil for none or for one that Discord does not have.
func compressorFor(name string) compressor {
	switch name {
	case "zlib-stream":
		c := &zlibStream{}
		c.w = zlib.NewWriter(&c.out)
		return c
	case "zstd-stream":
		c := &zstdStream{}
		// An error is only possible for bad options.
		c.w, _ = zstd.NewWriter(&c.out, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(256<<10))
		return c
	}
	return nil
}

// zlibStream ends each payload with a full flush: 00 00 FF FF.
type zlibStream struct {
	out bytes.Buffer
	w   *zlib.Writer
}

func (c *zlibStream) pack(frame []byte) ([]byte, error) {
	c.out.Reset()
	if _, err := c.w.Write(frame); err != nil {
		return nil, err
	}
	if err := c.w.Flush(); err != nil {
		return nil, err
	}
	return bytes.Clone(c.out.Bytes()), nil
}

// zstdStream is one frame that never ends; each payload is flushed to a block's end.
type zstdStream struct {
	out bytes.Buffer
	w   *zstd.Encoder
}

func (c *zstdStream) pack(frame []byte) ([]byte, error) {
	c.out.Reset()
	if _, err := c.w.Write(frame); err != nil {
		return nil, err
	}
	if err := c.w.Flush(); err != nil {
		return nil, err
	}
	return bytes.Clone(c.out.Bytes()), nil
}
