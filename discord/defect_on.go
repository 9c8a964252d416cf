//go:build planted

package discord

var defectArchived, defectBlind, defectOnce, defectAnew, defectRecall bool

// Planted are the defects of this package, to be switched on one at a time.
var Planted = map[string]*bool{
	"archived gap skipped":                   &defectArchived,
	"post in doubt not looked for":           &defectBlind,
	"thread made at each telling":            &defectOnce,
	"private or forum thread opened blindly": &defectAnew,
	"look first skipped":                     &defectRecall,
}
