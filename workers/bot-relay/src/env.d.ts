// Bindings that a deployment may leave out. WORKER tells the core that this one
// holds no conversation and needs no DATA_SECRET.
interface Env {
	ANALYTICS?: AnalyticsEngineDataset;
}
