// Package text turns what a visitor typed into what Discord shall show, and what an agent wrote in Discord into
// what a visitor may see. It is pure: no clock, no randomness, no I/O, no state.
//
// # Visitor to Discord
//
// [Escape] makes text that reads in Discord exactly as it was typed: nothing in it is markup, a mention, a custom
// emoji, a timestamp, a masked link or a line of the post format. It uses backslashes only, never zero-width
// characters, so that what an agent copies out of Discord is what the visitor typed. An http(s) link stays
// clickable: it is written as <link>, which Discord's own help names as the way to show a link without a preview,
// and which says exactly where the link ends. [Parts] makes whole posts of at most [PostUnits] units.
//
// What is escaped, always or where it stands in a place that matters:
//
//	\ * _ ~ | ` < [ ]   always
//	(                   after ], for Discord's link pattern looks through backslashes before ]
//	# > - +             as the first visible character of a line: headings, quotes, lists, subtext, a forged ---
//	1. 23.              the full stop of a numbered list
//	:                   in :shortcode:, in Page: at a line's start, before // where no link is made of it
//	@                   before everyone and here
//	.                   in discord.gg and discord.com without http: invites are found in plain text
//
// An escape says how a text looks; it is not what keeps a visitor from pinging anyone. That is allowed_mentions
// {parse: []}, which every request with a visitor-made character carries.
//
// # Discord to visitor
//
// [Plain] gives the small markup of docs/api-reference.md in a canonical form, so that a small parser suffices:
//
//   - **bold**, *italic*, __underline__, ~~struck~~, ||spoiler|| open and close on one line, hug their text, nest in the
//     order || ~~ __ ** and are never empty. Bold text is not italic as well: * never stands beside **;
//   - `code` holds no backtick and no line break, and nothing in it is markup;
//   - a block is a line of exactly three backticks, lines, and a line of exactly three backticks, never in a quote;
//   - a quoted line begins with "> ", never nested;
//   - a link is bare, http or https, never inside a mark, and followed by a space, a line's end, or punctuation
//     before one of these;
//   - a backslash before one of \ * _ ~ | ` > : means that character, and stands nowhere else outside code and links.
//     (Before a colon it keeps an address from being a link, where the agent did so.)
//
// It never holds HTML, and less-than and ampersand have no meaning in it: a client shows them as they are.
//
// # Units
//
// Discord's limits are counted here in UTF-16 code units ([Units]), which is never less than what Discord counts.
package text
