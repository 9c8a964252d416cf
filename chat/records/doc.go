// Package records is what actors keep on disk: typed records, and the one SQL
// schema that both hosts use.
//
// An actor never sees SQL. It saves typed records ([Session], [Message], …);
// each becomes a [Row], and a host puts a row through the statements that
// [Statements] generates from the schema in tables.go.
//
// Every table has one INTEGER PRIMARY KEY, so that a row costs one row written
// and no index. Natively all actors share a database, and the key holds the
// actor's number in its upper bits ([RowID]); in a Durable Object the number is
// zero. Discord's snowflakes are TEXT, for JavaScript cannot hold them as
// numbers.
package records
