package chat

import (
	"slices"
	"strings"
)

// A connection that another session holds is known here only by what that one
// tells. A rebuilt session does not know what it last wrote to it, and would
// leave its visitor without a word: so these connections stand in the session's
// row, and a rebuilt session lets them be closed. Their clients come back.

// noteFront writes down a connection that another session holds.
func (s *Session) noteFront(c *ConnState) {
	if list := strings.Fields(s.rec.Fronts); c.Front != "" && !slices.Contains(list, string(c.Conn)) {
		s.rec.Fronts = strings.Join(append(list, string(c.Conn)), " ")
		s.saveRec = true
	}
}

// forgetFront takes in that such a connection is gone.
func (s *Session) forgetFront(id ConnID) {
	list := strings.Fields(s.rec.Fronts)
	if i := slices.Index(list, string(id)); i >= 0 {
		s.rec.Fronts = strings.Join(slices.Delete(list, i, i+1), " ")
		s.saveRec = true
	}
}

// closeLostFronts has those closed of which a rebuilt session does not know how
// far they have come. Whoever held them says that they are gone.
func (s *Session) closeLostFronts() {
	for _, id := range s.lostFronts {
		if front, conn, ok := strings.Cut(id, "|"); ok && s.conn(ConnID(id)) == nil {
			s.tell(SessionAt(Route(front)), FrontClose{From: s.route, Conn: ConnID(conn), Close: CloseRestart})
		}
	}
	s.lostFronts = nil
}
