package text

// Plain gives an agent's message in the small markup that the package comment describes, at most [PlainUnits] units.
func Plain(in Incoming) string {
	return ellipsis(Clean(in.Content), PlainUnits)
}
