namespace TorchSharp;

/// <summary>The dispose scopes of one thread, innermost last, and what became of its tensors.</summary>
public class DisposeScopeManager
{
    [ThreadStatic] private static DisposeScopeManager? _ofThread;

    private readonly List<DisposeScope> _scopes = [];

    public static ThreadDisposeScopeStatistics Statistics => OfThread.StatisticsInstance;

    internal static DisposeScopeManager OfThread => _ofThread ??= new DisposeScopeManager();

    internal ThreadDisposeScopeStatistics StatisticsInstance { get; } = new();

    internal static DisposeScope NewScope()
    {
        var manager = OfThread;
        var scope = new DisposeScope(manager, manager._scopes.Count == 0 ? null : manager._scopes[^1]);
        manager._scopes.Add(scope);
        return scope;
    }

    internal void Register(torch.Tensor tensor)
    {
        if (_scopes.Count == 0)
        {
            StatisticsInstance.CreatedOutsideScopeCount++;
            return;
        }
        StatisticsInstance.CreatedInScopeCount++;
        _scopes[^1].Add(tensor);
    }

    internal void Remove(DisposeScope scope) => _scopes.Remove(scope);
}

public class ThreadDisposeScopeStatistics
{
    public long CreatedOutsideScopeCount { get; internal set; }
    public long CreatedInScopeCount { get; internal set; }
    public long DisposedInScopeCount { get; internal set; }
    public long DetachedFromScopeCount { get; internal set; }
    public long ThreadTotalLiveCount => CreatedInScopeCount - DisposedInScopeCount - DetachedFromScopeCount;

    public void Reset()
    {
        CreatedOutsideScopeCount = 0;
        CreatedInScopeCount = 0;
        DisposedInScopeCount = 0;
        DetachedFromScopeCount = 0;
    }
}
