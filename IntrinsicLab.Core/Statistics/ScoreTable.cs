namespace IntrinsicLab.Core.Statistics;

/// <summary>
/// Scores of one method: for each task the scores of its runs. Tasks may have different numbers of runs; where tasks are averaged, scores are
/// normalised before.
/// </summary>
public sealed class ScoreTable
{
    private readonly double[][] tasks;

    /// <summary>Keeps a copy of the scores.</summary>
    /// <param name="tasks">For each task the scores of its runs, at least one each, all finite.</param>
    /// <exception cref="ArgumentException">A task has no run, or a score is not finite.</exception>
    public ScoreTable(IEnumerable<IReadOnlyList<double>> tasks)
    {
        this.tasks = [.. tasks.Select(scores => scores.ToArray())];
        if (this.tasks.Length == 0)
            throw new ArgumentException("There is no task.", nameof(tasks));
        foreach (var (index, scores) in this.tasks.Index())
        {
            if (scores.Length == 0)
                throw new ArgumentException($"Task {index} has no run.", nameof(tasks));
            foreach (var (run, score) in scores.Index())
                if (!double.IsFinite(score))
                    throw new ArgumentException($"The score of run {run} on task {index} is {score}.", nameof(tasks));
        }
    }

    /// <summary>A table of one task.</summary>
    public static ScoreTable Of(IReadOnlyList<double> scores) => new([scores]);

    /// <summary>Number of tasks, M.</summary>
    public int Tasks => tasks.Length;

    /// <summary>Number of scores over all tasks.</summary>
    public int Count => tasks.Sum(scores => scores.Length);

    /// <summary>Scores of one task, by run.</summary>
    public ReadOnlySpan<double> this[int task] => tasks[task];

    /// <summary>Copies all scores, task by task.</summary>
    /// <param name="destination"><see cref="Count"/> values.</param>
    public void CopyTo(Span<double> destination)
    {
        foreach (var scores in tasks)
        {
            scores.CopyTo(destination);
            destination = destination[scores.Length..];
        }
    }
}
