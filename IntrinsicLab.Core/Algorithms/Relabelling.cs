namespace IntrinsicLab.Core.Algorithms;

/// <summary>Which goals a path of skills is made into: f_κ of Liu, Wang, Tian and Chen 2022 (GPIM). What a goal looks like is the world's affair.</summary>
public enum GoalRelabelling
{
    /// <summary>At each step what the path reached with that step: a goal that moves, to be imitated.</summary>
    Step,

    /// <summary>What the path reached at its end, for the whole episode.</summary>
    Last,

    /// <summary>What the path reached at any one of its steps, for the whole episode.</summary>
    Any,

    /// <summary>What the path reached at several equally distant steps, one after the other, each for its slot of time.</summary>
    Waypoints,

    /// <summary>The skill itself, in the discriminator's code.</summary>
    Latent,
}

/// <summary>f_κ: a fixed program, not learned.</summary>
internal static class Relabelling
{
    /// <summary>Which state of the path the goal of a step is taken from.</summary>
    /// <param name="kind">Which program.</param>
    /// <param name="step">t, from 0, of the episode that is given the goal.</param>
    /// <param name="length">L, steps of the path; at least 1.</param>
    /// <param name="limit">T, steps of the longest episode.</param>
    /// <param name="any">Number drawn once per episode from 1 … L.</param>
    /// <param name="waypoints">K.</param>
    public static int StateOf(GoalRelabelling kind, int step, int length, int limit, int any, int waypoints) => kind switch
    {
        GoalRelabelling.Step => Math.Min(step + 1, length),
        GoalRelabelling.Any => any,
        GoalRelabelling.Waypoints => Math.Max(1, (Math.Min(waypoints - 1, step * waypoints / limit) + 1) * length / waypoints),
        _ => length,
    };
}
