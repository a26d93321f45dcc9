using IntrinsicLab.Data;

namespace IntrinsicLab.Web.Endpoints;

/// <summary>The transitions of a run.</summary>
/// <param name="Items">Oldest first.</param>
public sealed record EventList(IReadOnlyList<TransitionEvent> Items);

/// <summary>One transition.</summary>
/// <param name="Id">Rises.</param>
/// <param name="Time">When.</param>
/// <param name="From">Status before; null for the first.</param>
/// <param name="To">Status after.</param>
/// <param name="Actor">Who: user, api, or a worker.</param>
/// <param name="Reason">Why.</param>
public sealed record TransitionEvent(long Id, DateTimeOffset Time, RunStatus? From, RunStatus To, string Actor, string Reason);

/// <summary>New points and progress.</summary>
/// <param name="StepsDone">Environment steps done.</param>
/// <param name="Steps">Environment steps in all.</param>
/// <param name="EpisodesDone">Episodes finished.</param>
/// <param name="StepsPerSecond">Recent speed.</param>
/// <param name="Metrics">Metrics that changed, with their last points.</param>
public sealed record MetricsEvent(long StepsDone, long Steps, long EpisodesDone, double? StepsPerSecond,
    IReadOnlyDictionary<string, LastPoint> Metrics);

/// <summary>The last point of a metric.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Value">Its value.</param>
/// <param name="Count">How many points the metric has.</param>
public sealed record LastPoint(long Step, double Value, long Count);
