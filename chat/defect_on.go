//go:build planted

package chat

var (
	defectThaw, defectReopen, defectReannounce, defectRange, defectLease, defectKnown    bool
	defectDropOnDoubt, defectDivider, defectCatchUp, defectClientID, defectWrittenIsSeen bool
	defectLateRepeat, defectStalePull, defectQuote, defectOld, defectRefused, defectSeq  bool
)

// Planted are the defects of this package, to be switched on one at a time.
var Planted = map[string]*bool{
	"post not frozen":                      &defectThaw,
	"opening post retried with a new key":  &defectReopen,
	"opening post forgotten after a crash": &defectReannounce,
	"owner range ignored":                  &defectRange,
	"lease that never ends":                &defectLease,
	"dedupe by desk id missing":            &defectKnown,
	"outbox dropped on an error":           &defectDropOnDoubt,
	"divider not awaited":                  &defectDivider,
	"catch-up skipped":                     &defectCatchUp,
	"client id not checked":                &defectClientID,
	"written counts as arrived":            &defectWrittenIsSeen,
	"late repeat of a post not looked for": &defectLateRepeat,
	"seq not checked":                      &defectSeq,
	"unsent said of another attempt":       &defectStalePull,
	"quote of another's words shown":       &defectQuote,
	"older messages not looked up":         &defectOld,
	"refused post taken for not arrived":   &defectRefused,
}
