//go:build planted

package sim

import (
	"maps"
	"slices"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// planted is a defect that can be put into what is played here.
type planted struct{ is bool }

func (p *planted) on() bool { return p.is }

var defectSendEarly, defectStaleCache, defectNoNonce, defectTakenEarly, defectGapKept, defectBorder planted

// switches are all defects by name.
func switches() map[string]*bool {
	all := map[string]*bool{
		"ack before persist":                    &defectSendEarly.is,
		"stale cache kept after a failed write": &defectStaleCache.is,
		"nonce not enforced":                    &defectNoNonce.is,
		"event taken before it is safe":         &defectTakenEarly.is,
		"gap of the gateway not told":           &defectGapKept.is,
		"field lost at the edge's border":       &defectBorder.is,
	}
	maps.Copy(all, chat.Planted)
	maps.Copy(all, discord.Planted)
	return all
}

// Defects are the names of all defects that can be planted.
func Defects() []string { return slices.Sorted(maps.Keys(switches())) }

// Plant switches a defect on or off. No schedule may be under way.
func Plant(name string, on bool) { *switches()[name] = on }
