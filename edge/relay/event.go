package relay

import "cloudflarechat/discord"

// SocketOpened says that the socket of a [SocketDial] is open.
type SocketOpened struct{ Conn int64 }

// SocketFrame is a frame of a socket.
type SocketFrame struct {
	Conn int64
	Data []byte
}

// SocketClosed says that a socket is gone or did not open.
type SocketClosed struct {
	Conn int64
	// Code is the close code; 0 where there was none.
	Code int
	// Status is the HTTP status that refused the upgrade; 0 for none.
	Status int
}

// Posted answers [Post].
type Posted struct {
	ID int64
	// Status is the HTTP status; 0 where no answer came.
	Status int
	// Answer is the body, or how it begins.
	Answer []byte
}

// Poke wakes the actor: the watchdog's alarm, the cron, or the object's first
// event.
type Poke struct{}

// SocketDial opens a WebSocket.
type SocketDial struct {
	Conn int64
	URL  string
}

// SocketSend sends a text frame. It may hold the bot's token.
type SocketSend struct {
	Conn int64
	Data []byte
}

// SocketClose closes a socket.
type SocketClose struct {
	Conn int64
	Code int
}

// Post hands a body over to the main Worker.
type Post struct {
	ID   int64
	Body []byte
}

// State says how the connection stands, for /health and the log. It is told when
// it changes.
type State discord.RelayState

// EventName implements chat.Event.
func (SocketOpened) EventName() string { return "socket_opened" }

// EventName implements chat.Event.
func (SocketFrame) EventName() string { return "socket_frame" }

// EventName implements chat.Event.
func (SocketClosed) EventName() string { return "socket_closed" }

// EventName implements chat.Event.
func (Posted) EventName() string { return "posted" }

// EventName implements chat.Event.
func (Poke) EventName() string { return "poke" }

// EffectName implements chat.Effect.
func (SocketDial) EffectName() string { return "socket_dial" }

// EffectName implements chat.Effect.
func (SocketSend) EffectName() string { return "socket_send" }

// EffectName implements chat.Effect.
func (SocketClose) EffectName() string { return "socket_close" }

// EffectName implements chat.Effect.
func (Post) EffectName() string { return "post" }

// EffectName implements chat.Effect.
func (State) EffectName() string { return "state" }
