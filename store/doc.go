// Package store keeps the records of all actors of the native host in one
// SQLite database, and makes many actors' writes durable in one transaction.
//
// # Durability
//
// The database is in WAL mode with synchronous=FULL. In WAL mode NORMAL does
// not sync the log at a commit, only at a checkpoint: a power cut could then
// take back a commit after its ack had been sent. FULL syncs the log at every
// commit, so that what [Store.Apply] returned from is on disk. Group commit
// makes that affordable: one sync for all that happened meanwhile.
// https://sqlite.org/pragma.html#pragma_synchronous
//
// # The driver
//
// Measured with package driverbench on two cores of an AMD EPYC and ext4,
// against modernc.org/sqlite v1.62.0 (through database/sql, its only face) and
// github.com/ncruces/go-sqlite3 v0.37.0 (its direct face):
//
//	                                      ncruces     modernc
//	commit of 1 row, synced               114 µs      143 µs
//	commit of 10 rows                     133 µs      183 µs
//	commit of 100 rows                    381 µs      509 µs
//	tail of 200 rows                      144 µs      424 µs
//	allocations, commit of 100 rows       102         1,614
//	allocations, tail of 200 rows         1,000       3,240
//	added to a static binary (-s -w)      5.4 MB      4.7 MB
//	resident memory, one open database    5.7 MB      5.9 MB
//
// ncruces/go-sqlite3 was chosen: it is faster in all that matters here, gives
// result codes as values, and lets a test bring a file system of its own,
// which the proof of durability needs. The 0.7 MB are affordable.
//
// # Keys
//
// Each actor has a number, the id of its row in the table actor, which also
// holds its timer. [records.RowID] puts the number into the upper bits of the
// keys of its rows, so that an actor's rows of a table lie together and need
// no index.
package store
