// Package wire holds Discord's objects as plain data, and the one scanner that reads them.
//
// Both roads on which Discord's JSON arrives use it: dispatches of the Gateway (discord/gateway) and replies of
// the REST API (whose requests are in discord/rest). It is pure: no clock, no randomness, no I/O.
//
// # Why a scanner
//
// A GUILD_CREATE of a large server is 2 MB of JSON, of which this project needs a few kilobytes. The scanner walks
// the bytes once, stops at the fields that are named here, and steps over the rest without building anything.
// encoding/json would build, or at least visit with reflection, every value.
//
// # What is promised about bad input
//
// No function here panics, whatever the bytes. Unknown fields and unknown event types are stepped over. A value
// of an unexpected type reads as the zero value and is counted (Frame.Odd); null reads as the zero value
// and is not counted, because Discord uses it for "absent". JSON that is cut short or broken is an error, and
// the parse functions then return no half-read object. What is stepped over is not validated beyond what is needed
// to find its end.
//
// Strings are copied out of the input, so a caller may reuse its buffer. Broken UTF-8 and lone surrogates become
// U+FFFD.
package wire
