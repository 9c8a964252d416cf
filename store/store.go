package store

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ncruces/go-sqlite3"

	"cloudflarechat/chat/records"
)

// Options says how a database is opened.
type Options struct {
	// ReadOnly opens an existing database beside a process that writes it, for a
	// backup or an export: nothing is locked or migrated, and nothing created but
	// the log's files, which belong to the database's owner.
	ReadOnly bool
	// BusyTimeout is how long to wait for somebody who reads. Default 5 s.
	BusyTimeout time.Duration
	// VFS names a file system registered with SQLite, for tests. Default: the
	// system's.
	VFS string
	// Wrote, where set, hears after each transaction how many rows it wrote, timers
	// included, as Durable Objects count them.
	Wrote func(rows int)
}

// Store is an open database. Its methods may be called from any goroutine; they
// run one at a time.
type Store struct {
	path string
	opt  Options
	lock *os.File

	mu     sync.Mutex
	db     *sqlite3.Conn
	stmts  map[string]*sqlite3.Stmt
	actors actorCache
	closed bool
}

// quickCheckBytes is up to which size a database is checked whole at each
// start; a larger one only when asked ([Store.Check]).
const quickCheckBytes = 16 << 20

// Open opens the database at path, makes it where there is none, and brings it
// up to the schema of this release. Its directory must exist.
func Open(path string, opt Options) (*Store, error) {
	if opt.BusyTimeout == 0 {
		opt.BusyTimeout = 5 * time.Second
	}
	s := &Store{path: path, opt: opt, stmts: map[string]*sqlite3.Stmt{}}
	if err := s.open(); err != nil {
		err = s.explain("opening "+path, err)
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *Store) open() (err error) {
	fresh := false
	if !s.opt.ReadOnly {
		if err := s.takeLock(); err != nil {
			return err
		}
		if fresh, err = s.prepareFile(); err != nil {
			return err
		}
	}
	if err := s.prepareLog(); err != nil {
		return err
	}
	if s.db, err = s.connect(s.opt.ReadOnly); err != nil {
		return err
	}
	if s.opt.ReadOnly {
		_, err := s.version()
		return err
	}
	if err := s.useWAL(); err != nil {
		return err
	}
	if err := s.prepareLog(); err != nil { // a new database's were made just now
		return err
	}
	if !fresh {
		if err := s.lookOver(); err != nil {
			return err
		}
	}
	return s.migrate()
}

// useWAL turns the write-ahead log on, and makes sure that it is.
func (s *Store) useWAL() error {
	st, _, err := s.db.Prepare("PRAGMA journal_mode=WAL")
	if err != nil {
		return err
	}
	defer st.Close()
	mode := ""
	if st.Step() {
		mode = st.ColumnText(0)
	}
	if err := st.Err(); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("store: %w: the file system under %s cannot hold a write-ahead log; choose a local disk", ErrReadOnly, s.path)
	}
	// What is deleted is overwritten: somebody may have asked to be forgotten.
	// https://sqlite.org/pragma.html#pragma_secure_delete
	return s.db.Exec("PRAGMA journal_size_limit=67108864; PRAGMA secure_delete=ON")
}

// takeLock keeps a second process out of the data directory.
func (s *Store) takeLock() error {
	if s.opt.VFS != "" {
		return nil
	}
	name := s.path + ".lock"
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fileError(err, name)
	}
	s.lock = f
	if err := lockFile(f); errors.Is(err, ErrInUse) {
		return fmt.Errorf("store: %w: another cloudflare-chat works with %s; end it, or choose another data directory", ErrInUse, filepath.Dir(s.path))
	} else if err != nil {
		return fmt.Errorf("store: locking %s: %w", name, err)
	}
	return nil
}

// prepareFile makes the file where there is none, for nobody else to read, and
// tells whether it is new.
func (s *Store) prepareFile() (fresh bool, err error) {
	if s.opt.VFS != "" {
		return false, nil
	}
	info, err := os.Stat(s.path)
	if err == nil && info.Size() > 0 {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fileError(err, s.path)
	}
	// SQLite deletes the log of a database that is empty. If the file was lost, what
	// can still be read must not go as well.
	if wal, err := os.Stat(s.path + "-wal"); err == nil && wal.Size() > 0 {
		return false, fmt.Errorf("store: %w: %s is missing or empty, but its log %s-wal is there; put the log aside, and restore a backup", ErrCorrupt, s.path, s.path)
	}
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, fileError(err, s.path)
	}
	return true, f.Close()
}

// fileError says what is wrong with a file that cannot be opened.
func fileError(err error, name string) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errReadOnlyFS) {
		return fmt.Errorf("store: %w: let the user that runs this program write %s (%w)", ErrReadOnly, name, err)
	}
	return fmt.Errorf("store: %w", err)
}

// synchronous is how much SQLite syncs; see the package's comment. It is a
// variable only so that the proof of durability can be built with less by the
// linker, and be seen to fail.
var synchronous = "full"

// connect opens one more connection to the database.
func (s *Store) connect(readOnly bool) (*sqlite3.Conn, error) {
	q := url.Values{}
	if s.opt.VFS != "" {
		q.Set("vfs", s.opt.VFS)
		// A file system of a test has no memory to share.
		q.Add("_pragma", "locking_mode(exclusive)")
	}
	if readOnly {
		q.Set("mode", "ro")
	}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", s.opt.BusyTimeout.Milliseconds()))
	q.Add("_pragma", "synchronous("+synchronous+")")
	q.Add("_pragma", "trusted_schema(off)")
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(s.path), RawQuery: q.Encode()}
	db, err := sqlite3.Open(u.String())
	if err != nil {
		return nil, err
	}
	return db, nil
}

// lookOver finds damage before anything is written.
func (s *Store) lookOver() error {
	info, err := os.Stat(s.path)
	if s.opt.VFS != "" || err != nil || info.Size() > quickCheckBytes {
		return s.db.Exec("SELECT count(*) FROM sqlite_schema")
	}
	return s.check(s.db, "quick_check")
}

// check runs one of SQLite's checks.
func (s *Store) check(db *sqlite3.Conn, pragma string) error {
	stmt, _, err := db.Prepare("PRAGMA " + pragma + "(1)")
	if err != nil {
		return err
	}
	defer stmt.Close()
	said := ""
	if stmt.Step() {
		said = stmt.ColumnText(0)
	}
	if err := stmt.Err(); err != nil {
		return err
	}
	if said != "ok" {
		return fmt.Errorf("store: %w: %s; %s", ErrCorrupt, said, s.damageHint())
	}
	return nil
}

// Check reads the whole database and says whether it is sound. It may take a
// while, and holds nobody up.
func (s *Store) Check() error {
	db, err := s.connect(true)
	if err != nil {
		return s.explain("checking", err)
	}
	defer db.Close()
	return s.explain("checking", s.check(db, "integrity_check"))
}

// Backup writes a copy to path, complete or not at all, beside those who write.
// It does not replace a file.
func (s *Store) Backup(path string) error {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("store: backing up: %s exists already; choose another name", path)
	}
	part := path + ".part"
	os.Remove(part)
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("store: backing up: %w", err)
	}
	f.Close()
	defer os.Remove(part)
	db, err := s.connect(true)
	if err != nil {
		return s.explain("backing up", err)
	}
	defer db.Close()
	to := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(part)}
	if err := db.Backup("main", to.String()); err != nil {
		return s.explain("backing up", err)
	}
	if f, err := os.OpenFile(part, os.O_RDWR, 0o600); err == nil {
		err = errors.Join(f.Sync(), f.Close())
		if err != nil {
			return fmt.Errorf("store: backing up: %w", err)
		}
	}
	for _, leftover := range []string{part + "-wal", part + "-shm", part + "-journal"} {
		os.Remove(leftover)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("store: backing up: %w", err)
	}
	return nil
}

// Close closes the database. It is safe to call it again.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.explain("closing", s.release())
}

func (s *Store) release() (err error) {
	for _, stmt := range s.stmts {
		stmt.Close()
	}
	s.stmts = nil
	if s.db != nil {
		err = s.db.Close()
	}
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
	return err
}

// stmt gives a prepared statement, the same for the same text.
func (s *Store) stmt(sql string) (*sqlite3.Stmt, error) {
	if st, ok := s.stmts[sql]; ok {
		return st, nil
	}
	if s.closed {
		return nil, errors.New("the database is closed")
	}
	st, _, err := s.db.PrepareFlags(sql, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, err
	}
	s.stmts[sql] = st
	return st, nil
}

// exec runs a prepared statement with integer and text arguments.
func (s *Store) exec(sql string, args ...any) error {
	st, err := s.stmt(sql)
	if err != nil {
		return err
	}
	if err := bind(st, args...); err != nil {
		return err
	}
	return st.Exec()
}

func bind(st *sqlite3.Stmt, args ...any) (err error) {
	for i, a := range args {
		switch v := a.(type) {
		case int64:
			err = st.BindInt64(i+1, v)
		case string:
			err = st.BindText(i+1, v)
		default:
			panic(fmt.Sprintf("store: no binding for %T", a))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// SchemaVersion is the version of the schema that the database has.
func (s *Store) SchemaVersion() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.version()
	return v, s.explain("reading the version", err)
}

func (s *Store) version() (int, error) {
	stmt, _, err := s.db.Prepare("PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	defer stmt.Close()
	v := 0
	if stmt.Step() {
		v = stmt.ColumnInt(0)
	}
	if err := stmt.Err(); err != nil {
		return 0, err
	}
	if v > records.SchemaVersion {
		return v, fmt.Errorf("store: %w: %s has version %d, this release knows %d; run the newer release, or restore a backup made by this one",
			ErrNewer, s.path, v, records.SchemaVersion)
	}
	return v, nil
}
