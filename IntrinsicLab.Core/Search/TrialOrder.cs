namespace IntrinsicLab.Core.Search;

/// <summary>Better trials first: by result, those without one (failed) last, equal ones in the order they were started.</summary>
internal sealed class TrialOrder : IComparer<SweepTrial>
{
    private readonly SearchGoal goal;
    private readonly int? rung;

    private TrialOrder(SearchGoal goal, int? rung) => (this.goal, this.rung) = (goal, rung);

    /// <summary>By the results of one rung.</summary>
    public static TrialOrder At(SearchGoal goal, int rung) => new(goal, rung);

    /// <summary>By the result of the highest rung that each has finished.</summary>
    public static TrialOrder Of(SearchGoal goal) => new(goal, null);

    public int Compare(SweepTrial? x, SweepTrial? y)
    {
        var (left, right) = (Score(x!), Score(y!));
        if (left is null || right is null)
            return left is null && right is null ? x!.Number.CompareTo(y!.Number) : left is null ? 1 : -1;
        var order = goal == SearchGoal.Maximise ? right.Value.CompareTo(left.Value) : left.Value.CompareTo(right.Value);
        return order != 0 ? order : x!.Number.CompareTo(y!.Number);
    }

    private double? Score(SweepTrial trial) => trial.Results[rung ?? trial.Results.Count - 1].Score;
}
