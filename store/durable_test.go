package store_test

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"

	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// cautiousDisk is a file system that keeps in two places what was written: as
// the process sees it, and as it is after a power cut, which is what was synced.
type cautiousDisk struct {
	mu    sync.Mutex
	files map[string]*diskFile
}

type diskFile struct{ seen, synced []byte }

// cut takes back everything that was not synced.
func (d *cautiousDisk) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.files { // order does not matter: each is taken back by itself
		f.seen = append([]byte(nil), f.synced...)
	}
}

func (d *cautiousDisk) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[name]
	if f == nil {
		if flags&vfs.OPEN_CREATE == 0 {
			return nil, flags, sqlite3.CANTOPEN
		}
		f = &diskFile{}
		d.files[name] = f
	}
	return &openFile{d, f, vfs.LOCK_NONE}, flags, nil
}

func (d *cautiousDisk) Delete(name string, _ bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.files[name] == nil {
		return sqlite3.IOERR_DELETE_NOENT
	}
	delete(d.files, name)
	return nil
}

func (d *cautiousDisk) Access(name string, _ vfs.AccessFlag) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files[name] != nil, nil
}

func (d *cautiousDisk) FullPathname(name string) (string, error) { return name, nil }

type openFile struct {
	disk *cautiousDisk
	file *diskFile
	lock vfs.LockLevel
}

func (o *openFile) Close() error { return nil }

func (o *openFile) ReadAt(p []byte, off int64) (int, error) {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	if off >= int64(len(o.file.seen)) {
		return 0, io.EOF
	}
	n := copy(p, o.file.seen[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (o *openFile) WriteAt(p []byte, off int64) (int, error) {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	if need := off + int64(len(p)); need > int64(len(o.file.seen)) {
		o.file.seen = append(o.file.seen, make([]byte, need-int64(len(o.file.seen)))...)
	}
	return copy(o.file.seen[off:], p), nil
}

func (o *openFile) Truncate(size int64) error {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	o.file.seen = append([]byte(nil), o.file.seen[:min(size, int64(len(o.file.seen)))]...)
	return nil
}

func (o *openFile) Sync(vfs.SyncFlag) error {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	o.file.synced = append([]byte(nil), o.file.seen...)
	return nil
}

func (o *openFile) Size() (int64, error) {
	o.disk.mu.Lock()
	defer o.disk.mu.Unlock()
	return int64(len(o.file.seen)), nil
}

func (o *openFile) Lock(l vfs.LockLevel) error                      { o.lock = l; return nil }
func (o *openFile) Unlock(l vfs.LockLevel) error                    { o.lock = l; return nil }
func (o *openFile) CheckReservedLock() (bool, error)                { return false, nil }
func (o *openFile) SectorSize() int                                 { return 0 }
func (o *openFile) DeviceCharacteristics() vfs.DeviceCharacteristic { return 0 }

// survivors commits messages one by one, cuts the power after each, and gives
// how many of the commits that were told were lost.
func survivors(t *testing.T, level string) (lost int) {
	t.Helper()
	disk := &cautiousDisk{files: map[string]*diskFile{}}
	name := fmt.Sprintf("cautious-%s-%s", level, t.Name())
	vfs.Register(name, disk)
	defer vfs.Unregister(name)
	for i := int64(1); i <= 40; i++ {
		s, err := store.Open("chat.db", store.Options{VFS: name})
		if err != nil {
			if errors.Is(err, store.ErrCorrupt) && level != "" {
				return lost + 1
			}
			t.Fatal(err)
		}
		if level != "" {
			s.Synchronous(t, level)
		}
		rows, err := s.Range(session("a"), records.TableMessage, 0, 100)
		must(t, err)
		lost += int(i-1) - len(rows) - lost
		must(t, s.Apply([]store.Writes{{Actor: session("a"), Rows: []records.Row{message(i, fmt.Sprint("text ", i))}}}))
		disk.cut()
		// What closing would still write comes after the power cut: it goes as well.
		_ = s.Close()
		disk.cut()
	}
	return lost
}

func TestWhatWasAppliedSurvivesAPowerCut(t *testing.T) {
	if lost := survivors(t, ""); lost != 0 {
		t.Errorf("%d of 40 commits were lost", lost)
	}
	// It can see a loss where the setting is lowered.
	for _, level := range []string{"NORMAL", "OFF"} {
		if lost := survivors(t, level); lost == 0 {
			t.Errorf("nothing was lost with synchronous=%s: this test proves nothing", level)
		}
	}
}
