// Package settings is the one table of settings.
//
// [Table] names every setting once: how it is called in the environment, what
// kind of value it takes, what it is when nobody sets it, whether it is a
// secret, and in words what it does. [Load] reads the values, [Config] holds
// them, and [Markdown] writes docs/configuration.md, so that none of the three
// can say something that the others do not.
//
// The package does no input or output of its own: [Sources] brings the
// environment and the files, so that a host without either can use it too.
package settings
