using System.Linq.Expressions;

namespace IntrinsicLab.Web.Endpoints;

internal interface IRunSort
{
    IQueryable<RunSummary> Order(IQueryable<RunSummary> runs, bool descending, Cursor? after);
    bool Accepts(Cursor cursor);
    Cursor After(string sort, RunSummary last);
}

/// <summary>An order of runs with the id as tie-break, and the rows beyond a cursor in it.</summary>
internal sealed class RunSort<TKey>(Expression<Func<RunSummary, TKey>> key, Func<string, TKey> parse, Func<TKey, string> write) : IRunSort
{
    private readonly Func<RunSummary, TKey> read = key.Compile();

    public IQueryable<RunSummary> Order(IQueryable<RunSummary> runs, bool descending, Cursor? after)
    {
        if (after is not null)
            runs = runs.Where(Beyond(parse(after.Value), after.Id, descending));
        return descending ? runs.OrderByDescending(key).ThenByDescending(run => run.Id) : runs.OrderBy(key).ThenBy(run => run.Id);
    }

    public bool Accepts(Cursor cursor)
    {
        try
        {
            parse(cursor.Value);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    public Cursor After(string sort, RunSummary last) => new(sort, write(read(last)), last.Id);

    // key > value or (key = value and id > last id), or the reverse.
    private Expression<Func<RunSummary, bool>> Beyond(TKey value, Guid id, bool descending)
    {
        // A captured variable rather than a constant: the database then prepares the statement once.
        Expression<Func<TKey>> captured = () => value;
        Expression<Func<Guid>> capturedId = () => id;
        var (row, mine, last) = (key.Parameters[0], key.Body, captured.Body);
        var rowId = Expression.Property(row, nameof(RunSummary.Id));
        var kind = descending ? ExpressionType.LessThan : ExpressionType.GreaterThan;
        var beyond = typeof(TKey) == typeof(string)
            ? Expression.MakeBinary(kind, Expression.Call(typeof(string), nameof(string.Compare), null, mine, last), Expression.Constant(0))
            : Expression.MakeBinary(kind, mine, last);
        var tie = Expression.AndAlso(Expression.Equal(mine, last), Expression.MakeBinary(kind, rowId, capturedId.Body));
        return Expression.Lambda<Func<RunSummary, bool>>(Expression.OrElse(beyond, tie), row);
    }
}
