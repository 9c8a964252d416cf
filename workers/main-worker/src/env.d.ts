// Bindings that a deployment may leave out.
interface Env {
	ANALYTICS?: AnalyticsEngineDataset;
}
