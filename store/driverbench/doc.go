// Package driverbench measures the SQLite drivers that need no cgo against each
// other, in the way that package store uses them: group commits of 1 to 100
// rows under WAL and synchronous=FULL, and the tails from which an actor is
// rebuilt. Package store's comment holds the figures and the choice.
//
//	go test ./store/driverbench -bench . -benchmem
package driverbench
