//go:build planted

package discord

var defectArchived, defectBlind bool

// Planted are the defects of this package, to be switched on one at a time.
var Planted = map[string]*bool{
	"archived gap skipped":         &defectArchived,
	"post in doubt not looked for": &defectBlind,
}
