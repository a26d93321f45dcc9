namespace IntrinsicLab.Core.Algorithms;

/// <summary>What improves the policy.</summary>
public enum PolicyOptimizer
{
    /// <summary>A step within a trust region (<see cref="TrustRegionUpdate"/>).</summary>
    Trpo,

    /// <summary>Passes on the clipped surrogate loss (<see cref="ClippedUpdate"/>).</summary>
    Ppo,
}
