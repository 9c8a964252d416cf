// Package sim is the deterministic simulation of the whole system: visitors with several tabs, sessions, registry, egress,
// gateway and agents, the model of Discord, and hosts that fail, in virtual time.
//
// One seed is one schedule. Everything that happens is an event in a queue ordered by time and then by the order in which
// it was put there; every choice is drawn from one generator that the seed fills. So a seed that fails fails again:
//
//	./scripts/simulate.sh 1 SEED
//
// # What is real and what is played
//
// The code under test is the product's own: chat's actors, discord's Egress, desk texts and news, the gateway machine.
// Discord is discordsim/world. What is played here is what surrounds them: the host with its disk, timers and crashes
// (host*.go, disk.go), the network between browsers and host (link.go), browsers (visitor*.go), agents (agent.go), the HTTP
// client (courier.go) and the process that holds the Gateway connection (relay*.go).
//
// # A schedule
//
// [Draw] decides from the seed who takes part and which faults are on, and how strong: each schedule has some of them only,
// for faults hide one another. The first part of a schedule is full of faults. Then everything heals, and after a bounded time every
// message must have arrived, once, in order, where it belongs (check*.go). The checkers judge by what the model of Discord,
// the disk and the browsers hold, and share no code with what they judge.
//
// # Planted defects
//
// Built with the tag planted, [Defects] names faults that can be put into the code under test. A simulation that does not
// find each of them proves nothing. The release binary holds none of it.
package sim
