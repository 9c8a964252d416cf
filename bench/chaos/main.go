// Command chaos kills the chat and the stand-in for Discord again and again,
// without a word, while visitors and agents talk, and then compares what each
// side saw with what was sent.
//
//	go run ./bench/chaos [-kills 200] [-visitors 6] [-seed N]
//
// It knows the binary and the protocol alone. SIGKILL keeps the page cache: what
// a power cut does is proved in package store.
package main

import (
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

func main() {
	kills := flag.Int("kills", 200, "how often to kill")
	visitors := flag.Int("visitors", 6, "how many visitors talk")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "draws what is killed when")
	binary := flag.String("binary", "", "the binary; built where empty")
	flag.Parse()
	if err := run(*kills, *visitors, *seed, *binary); err != nil {
		fmt.Fprintf(os.Stderr, "chaos: %v\nagain by: go run ./bench/chaos -kills %d -visitors %d -seed %d\n", err, *kills, *visitors, *seed)
		os.Exit(1)
	}
}

func run(kills, visitors int, seed uint64, binary string) error {
	dir, err := os.MkdirTemp("", "chaos-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if binary == "" {
		binary = filepath.Join(dir, "cloudflare-chat")
		if said, err := exec.Command("go", "build", "-o", binary, "cloudflarechat/cmd/cloudflare-chat").CombinedOutput(); err != nil {
			return fmt.Errorf("the binary does not build: %w\n%s", err, said)
		}
	}
	p := &pair{dir: dir, binary: binary}
	defer p.killBoth()
	if err := p.begin(); err != nil {
		return err
	}
	fmt.Printf("chaos: %d kills, %d visitors, seed %d\n", kills, visitors, seed)
	random := rand.New(rand.NewPCG(seed, 1))

	stop := make(chan struct{})
	var talking sync.WaitGroup
	people := make([]*person, visitors)
	for i := range people {
		people[i] = newPerson(i, p)
		talking.Go(func() { people[i].visit(stop) })
		talking.Go(func() { people[i].answer(stop) })
	}
	for i := range kills {
		time.Sleep(time.Duration(100+random.IntN(500)) * time.Millisecond)
		if err := p.strike(random.IntN(4)); err != nil {
			return fmt.Errorf("after %d kills: %w", i, err)
		}
		if (i+1)%50 == 0 {
			fmt.Printf("chaos: %d kills\n", i+1)
		}
	}
	close(stop) // nobody says anything new; what is under way arrives
	talking.Wait()
	var all []error
	said, answered := 0, 0
	for _, v := range people {
		all = append(all, v.judge())
		said += len(v.said)
		answered += len(v.answered)
	}
	if err := errors.Join(all...); err != nil {
		return err
	}
	fmt.Printf("%d kills, %d visitor messages, %d agent messages: 0 lost, 0 doubled, 0 reordered\n", kills, said, answered)
	return nil
}
