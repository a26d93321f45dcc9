using IntrinsicLab.Core.Environments.Wrappers;

namespace IntrinsicLab.Core.Environments;

/// <summary>Makes equal environments, wrappers included.</summary>
/// <param name="Spec">The spec that every one of them has.</param>
/// <param name="Create">Makes one.</param>
public sealed record EnvironmentFactory(EnvironmentSpec Spec, Func<IEnvironment> Create)
{
    /// <summary>
    /// The wrappers that every one of them has, for an algorithm that has to change rewards before the delay does
    /// (<see cref="StepResult.RawReward"/> and <see cref="DelayedRewards"/>).
    /// </summary>
    public WrapperConfig Wrappers { get; init; } = new();
}
