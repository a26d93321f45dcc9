using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>A line to log.</summary>
/// <param name="Stream">One of <see cref="LogLine.Out"/>, <see cref="LogLine.Err"/>, <see cref="LogLine.Lab"/>.</param>
/// <param name="Text">The line, without its end.</param>
public readonly record struct LogText(string Stream, string Text);

/// <summary>The lines that runs wrote. A run that writes without end is cut off with a note.</summary>
public sealed class RunLog(IDbContextFactory<LabDbContext> contexts, TimeProvider time)
{
    public const int MostLines = 100_000;
    public const int LongestLine = 4_000;

    /// <summary>Appends lines in order.</summary>
    public async Task Append(Guid runId, IReadOnlyList<LogText> lines, CancellationToken cancellationToken = default)
    {
        if (lines.Count == 0)
            return;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var last = await context.LogLines.Where(line => line.RunId == runId).MaxAsync(line => (long?)line.Sequence, cancellationToken) ?? 0;
        var now = time.GetUtcNow();
        foreach (var line in lines)
        {
            if (last > MostLines)
                break;
            last++;
            var (stream, text) = last <= MostLines
                ? (line.Stream, Storable(line.Text))
                : (LogLine.Lab, $"The log ends here: it has {MostLines} lines. What the run writes from now on is dropped.");
            context.LogLines.Add(new LogLine { RunId = runId, Sequence = last, Time = now, Stream = stream, Text = text });
        }
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Lines after a sequence number, in order.</summary>
    public async Task<IReadOnlyList<LogLine>> Read(Guid runId, long after = 0, int count = 1000, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.LogLines.AsNoTracking().Where(line => line.RunId == runId && line.Sequence > after)
            .OrderBy(line => line.Sequence).Take(count).ToListAsync(cancellationToken);
    }

    // PostgreSQL stores no zero characters.
    private static string Storable(string text) =>
        (text.Length > LongestLine ? text[..LongestLine] + "…" : text).Replace('\0', '\uFFFD');
}
