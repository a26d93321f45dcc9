using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Torch;

[Collection(nameof(WholeProcess))]
public sealed class DisposeScopeTests
{
    [Fact]
    public void Scope_ReleasesWhatWasCreatedInIt()
    {
        Tensor inner, outer, kept;
        using (var scope = NewDisposeScope())
        {
            outer = ones(2);
            using (var nested = NewDisposeScope())
            {
                inner = ones(2);
                kept = ones(2).MoveToOuterDisposeScope();
                Assert.True(nested.Contains(inner));
                Assert.Equal(1, nested.DisposablesCount);
            }
            Assert.True(inner.IsInvalid);
            Assert.False(kept.IsInvalid);
            Assert.Equal(2, scope.DisposablesCount);
        }
        Assert.True(outer.IsInvalid);
        Assert.True(kept.IsInvalid);
    }

    [Fact]
    public void Detach_LetsATensorOutliveAllScopes()
    {
        Tensor detached, moved;
        using (var scope = NewDisposeScope())
        {
            detached = ones(2).DetachFromDisposeScope();
            moved = scope.MoveToOuter(ones(2));
        }
        Assert.False(detached.IsInvalid);
        Assert.False(moved.IsInvalid);
        detached.Dispose();
        moved.Dispose();
    }

    [Fact]
    public void DisposeEverythingBut_KeepsTheNamed()
    {
        using var scope = NewDisposeScope();
        var a = ones(1);
        var b = ones(1);

        scope.DisposeEverythingBut(b);

        Assert.True(a.IsInvalid);
        Assert.False(b.IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void Dispose_InsideItsScope_LeavesTheOthers()
    {
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, 5).Select(i => tensor(i)).ToList();

        tensors[1].Dispose();
        tensors[3].Dispose();

        Assert.Equal(3, scope.DisposablesCount);
        Assert.Equal(6, tensors[0].ToInt32() + tensors[2].ToInt32() + tensors[4].ToInt32());
    }

    [Fact]
    public void Statistics_CountWhatHappened()
    {
        var statistics = DisposeScopeManager.Statistics;
        statistics.Reset();

        using (NewDisposeScope())
        {
            var a = ones(1);
            a.Dispose();
            ones(1).DetachFromDisposeScope().Dispose();
            Assert.Equal(0, statistics.ThreadTotalLiveCount);
            Assert.Equal(2, statistics.CreatedInScopeCount);
        }
        Assert.Equal(1, statistics.DisposedInScopeCount);
        Assert.Equal(1, statistics.DetachedFromScopeCount);
    }

    [Fact]
    public void Memory_OverThousandsOfUpdates_StaysFlat()
    {
        using var generator = new Generator(1);
        using var parameters = randn([64 * 64 + 64], generator: generator).requires_grad_();
        using var input = randn([64, 64], generator: generator);
        Repeat(500);
        var memory = ResidentBytes(); // collects what other tests left behind, before tensors are counted
        var live = Tensor.TotalCount;

        Repeat(4000);

        Assert.Equal(live, Tensor.TotalCount);
        var grown = ResidentBytes() - memory;
        Assert.True(grown < 16 << 20, $"grew by {grown} bytes");

        void Repeat(int times)
        {
            for (var i = 0; i < times; i++)
            {
                using var scope = NewDisposeScope();
                var weight = parameters.narrow(0, 0, 64 * 64).view(64, 64);
                var bias = parameters.narrow(0, 64 * 64, 64);
                var loss = torch.addmm(bias, input, weight, 1, 1).tanh().square().mean();
                var gradient = autograd.grad([loss], [parameters])[0];
                using (no_grad())
                    parameters.sub_(gradient * 1e-3);
            }
        }
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
