namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// Steps of one path after the other, in the order of time: what was observed, what was done, what came of it. A path is a stretch of one
/// environment's steps; it may be a whole episode or what a rollout saw of one.
/// </summary>
/// <param name="observations">[N, O], as the environment gave them.</param>
/// <param name="actions">[N, A], as the environment took them; a discrete action is its index.</param>
/// <param name="nextObservations">[N, O]; at the end of an episode its last observation, never the first of the next.</param>
/// <param name="endsPath">Whether the step is the last of its path, [N]; the last of all always is.</param>
public readonly ref struct Transitions(
    ReadOnlySpan<float> observations, ReadOnlySpan<float> actions, ReadOnlySpan<float> nextObservations, ReadOnlySpan<bool> endsPath)
{
    /// <summary>[N, O].</summary>
    public ReadOnlySpan<float> Observations { get; } = observations;

    /// <summary>[N, A].</summary>
    public ReadOnlySpan<float> Actions { get; } = actions;

    /// <summary>[N, O].</summary>
    public ReadOnlySpan<float> NextObservations { get; } = nextObservations;

    /// <summary>[N].</summary>
    public ReadOnlySpan<bool> EndsPath { get; } = endsPath;

    /// <summary>N.</summary>
    public int Count => EndsPath.Length;
}
