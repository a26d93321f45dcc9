namespace IntrinsicLab.Core.Algorithms;

/// <summary>
/// The steps of a rollout whose reward reaches an advantage of a minibatch: from its first step of each episode to that episode's end. No other
/// has a gradient. They are listed episode by episode, so that a scan over them needs no look at the rest of the rollout.
/// </summary>
/// <param name="environments">B.</param>
/// <param name="steps">T·B.</param>
internal sealed class NeededSteps(int environments, int steps)
{
    private readonly int[] rows = new int[steps];
    private readonly int[] places = new int[steps];
    private readonly bool[] ended = new bool[steps];
    // Of each step its episode; of each episode its last step, and the first that the minibatch has, or `steps`.
    private readonly int[] episodes = new int[steps];
    private readonly int[] lasts = new int[steps];
    private readonly int[] firsts = new int[steps];
    private int count, episodeCount;

    /// <summary>Rows of the steps needed.</summary>
    public ReadOnlySpan<int> Rows => rows.AsSpan(0, count);

    /// <summary>Whether each of these is the last of its episode, or of its environment's part of the rollout.</summary>
    public ReadOnlySpan<bool> Ended => ended.AsSpan(0, count);

    /// <summary>Where a needed step stands among them.</summary>
    /// <param name="row">Its row in the rollout.</param>
    public int PlaceOf(int row) => places[row];

    /// <summary>Takes over where a rollout's episodes end.</summary>
    /// <param name="rolloutEnded">Whether step t ended its episode, [T, B].</param>
    public void Show(ReadOnlySpan<bool> rolloutEnded)
    {
        episodeCount = 0;
        for (var environment = 0; environment < environments; environment++)
            for (var row = environment; row < steps; row += environments)
            {
                episodes[row] = episodeCount;
                if (rolloutEnded[row] || row + environments >= steps)
                    lasts[episodeCount++] = row;
            }
    }

    /// <summary>Lists the steps that a minibatch needs.</summary>
    /// <param name="minibatch">Rows of its samples, in any order.</param>
    public void Choose(ReadOnlySpan<int> minibatch)
    {
        firsts.AsSpan(0, episodeCount).Fill(steps);
        foreach (var row in minibatch)
            firsts[episodes[row]] = Math.Min(firsts[episodes[row]], row);
        count = 0;
        for (var episode = 0; episode < episodeCount; episode++)
        {
            if (firsts[episode] == steps)
                continue;
            for (var row = firsts[episode]; row <= lasts[episode]; row += environments)
            {
                ended[count] = false;
                places[row] = count;
                rows[count++] = row;
            }
            ended[count - 1] = true;
        }
    }
}
