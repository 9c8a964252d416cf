package replay

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"cloudflarechat/edge"
)

// Module is the core as WASM, compiled by wazero. Instances of it may run side by side.
type Module struct {
	runtime wazero.Runtime
	code    wazero.CompiledModule
}

// Load compiles a file that scripts/build-workers.sh made.
func Load(ctx context.Context, file string) (*Module, error) {
	bytes, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	m := &Module{runtime: wazero.NewRuntime(ctx)}
	if err := m.provide(ctx); err != nil {
		return nil, fmt.Errorf("replay: what the core needs of WASI: %w", err)
	}
	if m.code, err = m.runtime.CompileModule(ctx, bytes); err != nil {
		return nil, fmt.Errorf("replay: %s does not compile: %w", file, err)
	}
	return m, nil
}

// Close ends every instance.
func (m *Module) Close(ctx context.Context) error { return m.runtime.Close(ctx) }

// provide gives the core what workers/border/core.ts gives it: a clock, here one that stands still, bytes that are not random,
// and nothing else. The core may need neither.
func (m *Module) provide(ctx context.Context) error {
	const nosys = 52
	clock := func(_ context.Context, in api.Module, _ uint32, _ uint64, at uint32) uint32 {
		in.Memory().WriteUint64Le(at, 1)
		return 0
	}
	random := func(_ context.Context, in api.Module, at, n uint32) uint32 {
		in.Memory().Write(at, make([]byte, n))
		return 0
	}
	write := func(_ context.Context, in api.Module, _, list, n, written uint32) uint32 {
		sum := uint32(0)
		for i := range n {
			at, _ := in.Memory().ReadUint32Le(list + 8*i)
			size, _ := in.Memory().ReadUint32Le(list + 8*i + 4)
			text, _ := in.Memory().Read(at, size)
			_, _ = os.Stderr.Write(text) // what the runtime says when it dies
			sum += size
		}
		in.Memory().WriteUint32Le(written, sum)
		return 0
	}
	none := func(_ context.Context, in api.Module, count, size uint32) uint32 {
		in.Memory().WriteUint32Le(count, 0)
		in.Memory().WriteUint32Le(size, 0)
		return 0
	}
	b := m.runtime.NewHostModuleBuilder("wasi_snapshot_preview1")
	for name, f := range map[string]any{"clock_time_get": clock, "random_get": random, "fd_write": write, "args_sizes_get": none, "environ_sizes_get": none,
		"sched_yield":    func() uint32 { return 0 },
		"args_get":       func(_, _ uint32) uint32 { return 0 },
		"environ_get":    func(_, _ uint32) uint32 { return 0 },
		"fd_prestat_get": func(_, _ uint32) uint32 { return 8 },
		"proc_exit":      func(code uint32) { panic(fmt.Sprintf("the core ended with %d", code)) },
		// Never called by a core without goroutines and files.
		"poll_oneoff":         func(_, _, _, _ uint32) uint32 { return nosys },
		"fd_close":            func(_ uint32) uint32 { return nosys },
		"fd_fdstat_get":       func(_, _ uint32) uint32 { return nosys },
		"fd_fdstat_set_flags": func(_, _ uint32) uint32 { return nosys },
		"fd_prestat_dir_name": func(_, _, _ uint32) uint32 { return nosys },
		"fd_read":             func(_, _, _, _ uint32) uint32 { return nosys },
		"fd_seek":             func(_ uint32, _ uint64, _, _ uint32) uint32 { return nosys },
	} {
		b.NewFunctionBuilder().WithFunc(f).Export(name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

// Instance is one instance of the core. It implements [sim.Core].
type Instance struct {
	ctx        context.Context
	module     api.Module
	room, call api.Function
}

// New makes an instance.
func (m *Module) New(ctx context.Context) (*Instance, error) {
	module, err := m.runtime.InstantiateModule(ctx, m.code, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	return &Instance{ctx: ctx, module: module, room: module.ExportedFunction("room"), call: module.ExportedFunction("call")}, nil
}

// Close frees the instance.
func (i *Instance) Close() error { return i.module.Close(i.ctx) }

var errDied = errors.New("replay: the core broke off")

// Call implements [sim.Core]. An instance that dies panics, as an exception in the Workers.
func (i *Instance) Call(op edge.Op, in []byte) []byte {
	must := func(f api.Function, args ...uint64) uint64 {
		out, err := f.Call(i.ctx, args...)
		if err != nil {
			panic(fmt.Errorf("%w: %w", errDied, err))
		}
		return out[0]
	}
	at := uint32(must(i.room, uint64(len(in))))
	if !i.module.Memory().Write(at, in) {
		panic(errDied)
	}
	packed := must(i.call, uint64(op), uint64(len(in)))
	reply, ok := i.module.Memory().Read(uint32(packed>>32), uint32(packed&math.MaxUint32))
	if !ok || len(reply) == 0 {
		panic(errDied)
	}
	return reply
}
