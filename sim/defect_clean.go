//go:build !planted

package sim

// planted is a defect that can be put into what is played here. In this build there is none.
type planted struct{}

func (planted) on() bool { return false }

var defectSendEarly, defectStaleCache, defectNoNonce, defectTakenEarly, defectGapKept, defectBorder planted
