using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>Releases the tensors created on its thread while it is the innermost scope, unless they were moved out or detached.</summary>
/// <remarks>
/// Members stand in one array and each tensor knows its place, so that entering and leaving a scope costs neither hashing
/// nor searching.
/// </remarks>
public class DisposeScope : IDisposable
{
    private readonly DisposeScopeManager _owner;
    private readonly DisposeScope? _outer;
    private readonly List<Tensor> _members = [];

    internal DisposeScope(DisposeScopeManager owner, DisposeScope? outer)
    {
        _owner = owner;
        _outer = outer;
    }

    public IReadOnlyList<IDisposable> DisposablesView => [.. _members];

    public int DisposablesCount => _members.Count;

    public bool Contains(IDisposable disposable) => disposable is Tensor tensor && tensor.OwningDisposeScope == this;

    public T MoveToOuter<T>(T disposable) where T : IDisposable
    {
        MoveOne(disposable);
        return disposable;
    }

    public (T1 first, T2 second) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second));

    public (T1 first, T2 second, T3 third) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
            MoveOne(disposable);
    }

    public T Detach<T>(T disposable) where T : IDisposable
    {
        DetachOne(disposable);
        return disposable;
    }

    public (T1 first, T2 second) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable =>
        (Detach(first), Detach(second));

    public (T1 first, T2 second, T3 third) Detach<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable =>
        (Detach(first), Detach(second), Detach(third));

    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    public void Detach(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables)
            DetachOne(disposable);
    }

    public void DisposeEverything() => DisposeEverythingBut(Enumerable.Empty<IDisposable>());

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        var kept = inKeep.Where(Remove).Cast<Tensor>().ToList();
        foreach (var tensor in _members)
        {
            tensor.OwningDisposeScope = null;
            _owner.StatisticsInstance.DisposedInScopeCount++;
            tensor.Dispose();
        }
        _members.Clear();
        foreach (var tensor in kept)
            Add(tensor);
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    public (T1 first, T2 second) DisposeEverythingBut<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }

    public (T1 first, T2 second, T3 third) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third)
        where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second, third]);
        return (first, second, third);
    }

    public void MarkAsDisposed(IDisposable disposable)
    {
        _owner.StatisticsInstance.DisposedInScopeCount++;
        Remove(disposable);
    }

    public void Dispose()
    {
        DisposeEverything();
        _owner.Remove(this);
    }

    internal void Add(Tensor tensor)
    {
        tensor.OwningDisposeScope = this;
        tensor.PlaceInScope = _members.Count;
        _members.Add(tensor);
    }

    private void MoveOne(IDisposable disposable)
    {
        if (!Remove(disposable))
            return;
        if (_outer is null)
            _owner.StatisticsInstance.DetachedFromScopeCount++;
        else
            _outer.Add((Tensor)disposable);
    }

    private void DetachOne(IDisposable disposable)
    {
        if (Remove(disposable))
            _owner.StatisticsInstance.DetachedFromScopeCount++;
    }

    private bool Remove(IDisposable disposable)
    {
        if (disposable is not Tensor tensor || tensor.OwningDisposeScope != this)
            return false;
        // The last member takes the free place, so places stay valid and the array dense.
        var last = _members[^1];
        _members[tensor.PlaceInScope] = last;
        last.PlaceInScope = tensor.PlaceInScope;
        _members.RemoveAt(_members.Count - 1);
        tensor.OwningDisposeScope = null;
        return true;
    }
}
