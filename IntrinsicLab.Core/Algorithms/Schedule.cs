namespace IntrinsicLab.Core.Algorithms;

/// <summary>How a value changes over a run.</summary>
public enum Schedule
{
    /// <summary>Stays.</summary>
    Constant,

    /// <summary>Falls to zero in equal parts.</summary>
    Linear,
}

/// <summary>Values over a run.</summary>
public static class Schedules
{
    /// <summary>The value in one update.</summary>
    /// <param name="schedule">How it changes.</param>
    /// <param name="initial">Its value in the first update.</param>
    /// <param name="done">Updates done before.</param>
    /// <param name="total">Updates of the whole run.</param>
    public static double At(this Schedule schedule, double initial, double done, double total) =>
        schedule == Schedule.Constant ? initial : initial * Math.Max(0, 1 - done / total);
}
