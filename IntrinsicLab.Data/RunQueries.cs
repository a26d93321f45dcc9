using System.Buffers.Text;
using System.Globalization;
using System.Linq.Expressions;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace IntrinsicLab.Data;

/// <summary>Which runs; members that are null or empty do not restrict.</summary>
public sealed record RunFilter
{
    public Guid? ExperimentId { get; init; }
    public IReadOnlyList<string> Algorithms { get; init; } = [];
    public IReadOnlyList<string> Environments { get; init; } = [];
    public IReadOnlyList<RunStatus> Statuses { get; init; } = [];

    /// <summary>All of these tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Every word occurs in name, algorithm, environment, notes or id, in any case of letters.</summary>
    public string? Text { get; init; }

    public bool? Baseline { get; init; }
    public string? ConfigurationHash { get; init; }
    public IReadOnlyCollection<Guid>? Ids { get; init; }
}

/// <summary>What runs can be sorted by.</summary>
public enum RunSortKey
{
    Created,
    Updated,
    Name,
    Algorithm,
    Environment,
    Status,
    Seed,
    StepsDone,
    Return,
    BestReturn,
    ActiveSeconds,
    Priority,
}

/// <summary>Order of a list of runs. In text form <c>-created</c>: a minus sign for falling, and the key in kebab case.</summary>
public readonly record struct RunSort(RunSortKey Key, bool Descending)
{
    public static RunSort Newest => new(RunSortKey.Created, true);

    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetNames<RunSortKey>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName)];

    /// <summary>Reads the text form; null when there is no such key.</summary>
    public static RunSort? Parse(string text)
    {
        var descending = text.StartsWith('-');
        var index = Names.ToList().IndexOf(descending ? text[1..] : text);
        return index < 0 ? null : new RunSort((RunSortKey)index, descending);
    }

    public override string ToString() => (Descending ? "-" : "") + Names[(int)Key];
}

/// <summary>A run in a list: everything but its plan and other long texts.</summary>
public sealed record RunRow
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required Guid? ExperimentId { get; init; }
    public required string Algorithm { get; init; }
    public required string Environment { get; init; }
    public required long Steps { get; init; }
    public required int Seed { get; init; }
    public required string Device { get; init; }
    public required RunStatus Status { get; init; }
    public required int Priority { get; init; }
    public required List<string> Tags { get; init; }
    public required bool Baseline { get; init; }
    public required string Source { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset? StartedAt { get; init; }
    public required DateTimeOffset? FinishedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
    public required long Version { get; init; }
    public required long StepsDone { get; init; }
    public required long EpisodesDone { get; init; }
    public required double? LastReturn { get; init; }
    public required double? BestReturn { get; init; }
    public required double? StepsPerSecond { get; init; }
    public required double ActiveSeconds { get; init; }
    public required int Attempt { get; init; }
    public required string? WorkerId { get; init; }
    public required string? Host { get; init; }
    public required string ConfigurationHash { get; init; }
    public required string? Error { get; init; }
}

/// <summary>Some runs, and where the next begin.</summary>
/// <param name="Rows">The runs.</param>
/// <param name="Next">Cursor of the next page; null on the last.</param>
public sealed record RunPage(IReadOnlyList<RunRow> Rows, string? Next);

/// <summary>The place after a row, as opaque text: it stays right while rows come and go.</summary>
/// <param name="Sort">Order it belongs to.</param>
/// <param name="Key">Value of the sort key.</param>
/// <param name="Id">Id of the row.</param>
public sealed record Cursor(RunSort Sort, string Key, Guid Id)
{
    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{Sort}\n{Id:N}\n{Key}"));

    /// <summary>Reads a cursor; null when it is damaged or belongs to another order.</summary>
    public static Cursor? Parse(string text, RunSort sort)
    {
        if (text.Length > 2000 || !Base64Url.IsValid(text))
            return null;
        var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split('\n', 3);
        return parts.Length == 3 && parts[0] == sort.ToString() && Guid.TryParseExact(parts[1], "N", out var id) ? new Cursor(sort, parts[2], id) : null;
    }
}

/// <summary>Lists of runs, for pages and endpoints alike.</summary>
public sealed class RunQueries(IDbContextFactory<LabDbContext> contexts)
{
    public const int MostRows = 1000;

    /// <summary>A page of runs. A cursor of another order counts as none.</summary>
    public async Task<RunPage> List(
        RunFilter filter, RunSort sort, int limit = 100, Cursor? after = null, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        limit = Math.Clamp(limit, 1, MostRows);
        var rows = await Ordered(Filtered(context, filter), sort, after?.Sort == sort ? after : null)
            .Take(limit + 1).Select(AsRow).ToListAsync(cancellationToken);
        if (rows.Count <= limit)
            return new(rows, null);
        rows.RemoveAt(limit);
        return new(rows, new Cursor(sort, KeyOf(rows[^1], sort.Key), rows[^1].Id).ToString());
    }

    /// <summary>How many runs there are.</summary>
    public async Task<int> Count(RunFilter filter, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Filtered(context, filter).CountAsync(cancellationToken);
    }

    /// <summary>How many runs there are in each status.</summary>
    public async Task<IReadOnlyDictionary<RunStatus, int>> CountByStatus(RunFilter filter, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await Filtered(context, filter).GroupBy(run => run.Status)
            .Select(group => new { group.Key, Count = group.Count() }).ToDictionaryAsync(group => group.Key, group => group.Count, cancellationToken);
    }

    /// <summary>One run without its long texts; null when there is none.</summary>
    public async Task<RunRow?> Find(Guid runId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Runs.Where(run => run.Id == runId && run.DeletedAt == null).Select(AsRow).SingleOrDefaultAsync(cancellationToken);
    }

    /// <summary>The runs that a filter leaves, deleted ones never; for queries of one's own.</summary>
    public static IQueryable<Run> Filtered(LabDbContext context, RunFilter filter)
    {
        var runs = context.Runs.AsNoTracking().Where(run => run.DeletedAt == null);
        if (filter.Ids is { } ids)
            runs = runs.Where(run => ids.Contains(run.Id));
        if (filter.ExperimentId is { } experiment)
            runs = runs.Where(run => run.ExperimentId == experiment);
        if (filter.Algorithms.Count > 0)
            runs = runs.Where(run => filter.Algorithms.Contains(run.Algorithm));
        if (filter.Environments.Count > 0)
            runs = runs.Where(run => filter.Environments.Contains(run.Environment));
        if (filter.Statuses.Count > 0)
            runs = runs.Where(run => filter.Statuses.Contains(run.Status));
        if (filter.Baseline is { } baseline)
            runs = runs.Where(run => run.Baseline == baseline);
        if (filter.ConfigurationHash is { } hash)
            runs = runs.Where(run => run.ConfigurationHash == hash);
        foreach (var tag in filter.Tags)
            runs = runs.Where(run => run.Tags.Contains(tag));
        foreach (var word in (filter.Text ?? "").ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(10))
        {
            if (Guid.TryParse(word, out var id))
                runs = runs.Where(run => run.Id == id);
            else
                runs = runs.Where(run => run.Name.ToLower().Contains(word) || run.Algorithm.Contains(word)
                    || run.Environment.Contains(word) || run.Notes.ToLower().Contains(word));
        }
        return runs;
    }

    // A missing number sorts below every other, as the least of all; both databases then agree, and a cursor can name it.
    private const double Missing = double.MinValue;

    private static IQueryable<Run> Ordered(IQueryable<Run> runs, RunSort sort, Cursor? after) => sort.Key switch
    {
        RunSortKey.Created => By(runs, run => run.CreatedAt, sort, after, text => UnixMicroseconds.To(Whole(text))),
        RunSortKey.Updated => By(runs, run => run.UpdatedAt, sort, after, text => UnixMicroseconds.To(Whole(text))),
        RunSortKey.Name => By(runs, run => run.Name, sort, after, text => text),
        RunSortKey.Algorithm => By(runs, run => run.Algorithm, sort, after, text => text),
        RunSortKey.Environment => By(runs, run => run.Environment, sort, after, text => text),
        // Statuses are stored by name; people want them in the order of a run's life.
        RunSortKey.Status => By(runs, run =>
            run.Status == RunStatus.Queued ? 0
            : run.Status == RunStatus.Starting ? 1
            : run.Status == RunStatus.Running ? 2
            : run.Status == RunStatus.Pausing ? 3
            : run.Status == RunStatus.Paused ? 4
            : run.Status == RunStatus.Cancelling ? 5
            : run.Status == RunStatus.Cancelled ? 6
            : run.Status == RunStatus.Completed ? 7 : 8, sort, after, text => (int)Whole(text)),
        RunSortKey.Seed => By(runs, run => run.Seed, sort, after, text => (int)Whole(text)),
        RunSortKey.StepsDone => By(runs, run => run.StepsDone, sort, after, Whole),
        RunSortKey.Return => By(runs, run => run.LastReturn ?? Missing, sort, after, Real),
        RunSortKey.BestReturn => By(runs, run => run.BestReturn ?? Missing, sort, after, Real),
        RunSortKey.ActiveSeconds => By(runs, run => run.ActiveSeconds, sort, after, Real),
        RunSortKey.Priority => By(runs, run => run.Priority, sort, after, text => (int)Whole(text)),
        _ => throw new ArgumentOutOfRangeException(nameof(sort)),
    };

    private static string KeyOf(RunRow row, RunSortKey key) => key switch
    {
        RunSortKey.Created => Text(UnixMicroseconds.From(row.CreatedAt)),
        RunSortKey.Updated => Text(UnixMicroseconds.From(row.UpdatedAt)),
        RunSortKey.Name => row.Name,
        RunSortKey.Algorithm => row.Algorithm,
        RunSortKey.Environment => row.Environment,
        RunSortKey.Status => Text((int)row.Status),
        RunSortKey.Seed => Text(row.Seed),
        RunSortKey.StepsDone => Text(row.StepsDone),
        RunSortKey.Return => (row.LastReturn ?? Missing).ToString("R", CultureInfo.InvariantCulture),
        RunSortKey.BestReturn => (row.BestReturn ?? Missing).ToString("R", CultureInfo.InvariantCulture),
        RunSortKey.ActiveSeconds => row.ActiveSeconds.ToString("R", CultureInfo.InvariantCulture),
        RunSortKey.Priority => Text(row.Priority),
        _ => throw new ArgumentOutOfRangeException(nameof(key)),
    };

    /// <summary>Orders by key, then id, and goes on after the cursor: key beyond the cursor's, or equal with an id beyond.</summary>
    private static IQueryable<Run> By<TKey>(
        IQueryable<Run> runs, Expression<Func<Run, TKey>> key, RunSort sort, Cursor? after, Func<string, TKey> parse)
    {
        if (after is not null)
        {
            var run = key.Parameters[0];
            var (keyAt, idAt) = (Parameter(parse(after.Key)), Parameter(after.Id));
            var id = Expression.Property(run, nameof(Run.Id));
            var beyond = Expression.OrElse(
                Beyond(key.Body, keyAt, sort.Descending),
                Expression.AndAlso(Expression.Equal(key.Body, keyAt), Beyond(id, idAt, sort.Descending)));
            runs = runs.Where(Expression.Lambda<Func<Run, bool>>(beyond, run));
        }
        return sort.Descending
            ? runs.OrderByDescending(key).ThenByDescending(run => run.Id)
            : runs.OrderBy(key).ThenBy(run => run.Id);
    }

    private static BinaryExpression Beyond(Expression left, Expression right, bool descending)
    {
        // Texts and ids have no operator; CompareTo is translated to the database's own comparison.
        if (!left.Type.IsPrimitive && left.Type != typeof(DateTimeOffset))
        {
            left = Expression.Call(left, left.Type.GetMethod(nameof(IComparable.CompareTo), [left.Type])!, right);
            right = Expression.Constant(0);
        }
        return descending ? Expression.LessThan(left, right) : Expression.GreaterThan(left, right);
    }

    // A captured variable becomes a parameter of the SQL; a constant would be written into it, and each page planned anew.
    private static MemberExpression Parameter<T>(T value) => Expression.PropertyOrField(Expression.Constant(new Captured<T>(value)), nameof(Captured<T>.Value));

    private sealed record Captured<T>(T Value);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static long Whole(string text) => long.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static double Real(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var value) ? value : 0;

    private static readonly Expression<Func<Run, RunRow>> AsRow = run => new RunRow
    {
        Id = run.Id,
        Name = run.Name,
        ExperimentId = run.ExperimentId,
        Algorithm = run.Algorithm,
        Environment = run.Environment,
        Steps = run.Steps,
        Seed = run.Seed,
        Device = run.Device,
        Status = run.Status,
        Priority = run.Priority,
        Tags = run.Tags,
        Baseline = run.Baseline,
        Source = run.Source,
        CreatedAt = run.CreatedAt,
        StartedAt = run.StartedAt,
        FinishedAt = run.FinishedAt,
        UpdatedAt = run.UpdatedAt,
        Version = run.Version,
        StepsDone = run.StepsDone,
        EpisodesDone = run.EpisodesDone,
        LastReturn = run.LastReturn,
        BestReturn = run.BestReturn,
        StepsPerSecond = run.StepsPerSecond,
        ActiveSeconds = run.ActiveSeconds,
        Attempt = run.Attempt,
        WorkerId = run.WorkerId,
        Host = run.Host,
        ConfigurationHash = run.ConfigurationHash,
        Error = run.Error,
    };
}
