namespace IntrinsicLab.Core.Environments.Navigation;

/// <summary>How closeness to the wanted goal is paid.</summary>
public enum GoalReward
{
    /// <summary>Minus the Euclidean distance after the step, over the goal's coordinates as observed.</summary>
    Distance,

    /// <summary>0 within the success radius, else −1.</summary>
    Sparse,

    /// <summary>Distance before the step less distance after it, to the same goal; sums to the distance saved.</summary>
    Progress,
}

/// <summary>The rewards of <see cref="GoalReward"/>.</summary>
internal static class GoalRewards
{
    /// <summary>Reward of one step.</summary>
    /// <param name="kind">Which one.</param>
    /// <param name="before">Distance to the goal before the step.</param>
    /// <param name="after">Distance to the same goal after it.</param>
    /// <param name="radius">Success radius, in the same units.</param>
    internal static double Of(GoalReward kind, double before, double after, double radius) => kind switch
    {
        GoalReward.Sparse => after < radius ? 0.0 : -1.0,
        GoalReward.Progress => before - after,
        _ => -after,
    };

    /// <summary>Range of an episode's return, or null where it has no bound.</summary>
    internal static (double Low, double High)? Range(GoalReward kind, int steps, double largestDistance) => kind switch
    {
        GoalReward.Sparse => (-steps, 0),
        GoalReward.Progress => (-largestDistance, largestDistance),
        _ => (-steps * largestDistance, 0),
    };
}
