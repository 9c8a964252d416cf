package discordsim

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"cloudflarechat/discordsim/world"
)

// A journal lets a stand-in be killed and started again without forgetting: the world is the same whenever it is told the same at
// the same times, so that what it was told is all that has to be kept. What is set by the controls under /sim is not kept.

// entry is one line of a journal: one thing that the world was told.
type entry struct {
	Now  int64  `json:"now"`
	Kind string `json:"kind"` // start, rest, connect, frame, gone, tick

	Request *world.Request `json:"request,omitempty"`
	Conn    world.ConnID   `json:"conn,omitempty"`
	Dial    *world.Dial    `json:"dial,omitempty"`
	Frame   []byte         `json:"frame,omitempty"`
	Code    int            `json:"code,omitempty"`
}

// journal appends entries to a file. A write that the system took survives the end of the process, which is all that is promised.
type journal struct {
	file *os.File
}

// OpenJournal begins with what the file at path tells, and writes into it from then on what the world is told. It must be called before
// Start. An empty or missing file begins a new journal; a last line that was cut off is dropped.
func (s *Server) OpenJournal(path string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("discordsim: journal: %w", err)
	}
	good, err := s.replay(file)
	if err == nil {
		err = file.Truncate(good)
	}
	if err == nil {
		_, err = file.Seek(good, io.SeekStart)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("discordsim: journal %s: %w", path, err), file.Close())
	}
	s.journal = &journal{file}
	if good == 0 {
		s.note(entry{Now: s.opts.World.StartMs, Kind: "start"})
	}
	return nil
}

// replay tells the world what the file holds and gives the length of what could be read. Whoever was connected is gone.
func (s *Server) replay(file io.Reader) (good int64, err error) {
	open := map[world.ConnID]bool{}
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return good, err
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return good, fmt.Errorf("line at byte %d: %w", good, err)
		}
		good += int64(len(line))
		switch e.Kind {
		case "start":
			s.opts.World.StartMs = e.Now
			s.world = world.New(s.opts.World)
		case "rest":
			s.world.REST(e.Now, *e.Request)
		case "connect":
			s.world.Connect(e.Now, e.Conn, *e.Dial)
			s.nextID = max(s.nextID, e.Conn)
			open[e.Conn] = true
		case "frame":
			s.world.Receive(e.Now, e.Conn, e.Frame)
		case "gone":
			s.world.Disconnected(e.Now, e.Conn, e.Code)
			delete(open, e.Conn)
		case "tick":
			s.world.Tick(e.Now)
		}
		s.world.Take()
	}
	for id := world.ConnID(1); id <= s.nextID; id++ {
		if open[id] {
			s.world.Disconnected(s.opts.Now(), id, 1006)
		}
	}
	s.world.Take()
	return good, nil
}

// note writes an entry before the world is told it. The lock is held. A journal that cannot be written ends the stand-in's promise, and
// with it the process: going on would be a lie.
func (s *Server) note(e entry) {
	if s.journal == nil {
		return
	}
	line, err := json.Marshal(e)
	if err == nil {
		_, err = s.journal.file.Write(append(line, '\n'))
	}
	if err != nil {
		panic("discordsim: the journal cannot be written: " + err.Error())
	}
}
