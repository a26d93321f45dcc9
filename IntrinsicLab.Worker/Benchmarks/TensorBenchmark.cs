using static TorchSharp.torch;

namespace IntrinsicLab.Worker.Benchmarks;

internal static class TensorBenchmark
{
    public static Task Run()
    {
        set_num_threads(1);
        using var small = ones(8);
        BenchCommand.Report("add of 8 numbers", PerCall(100_000, () => small.add(small).Dispose()) * 1e6, "µs");

        using var input = rand(64, 11);
        using var first = (rand(11, 64) * 0.1).requires_grad_();
        using var second = (rand(64, 64) * 0.1).requires_grad_();
        using var third = (rand(64, 3) * 0.1).requires_grad_();
        BenchCommand.Report("forward of 64 rows through 11-64-64-3, tanh", PerCall(5_000, () =>
        {
            using var scope = NewDisposeScope();
            using var frozen = no_grad();
            Forward().Dispose();
        }) * 1e6, "µs");
        BenchCommand.Report("forward, backward and gradient step of the same", PerCall(2_000, () =>
        {
            using var scope = NewDisposeScope();
            var loss = Forward().pow(2).mean();
            var gradients = autograd.grad([loss], [first, second, third]);
            using var frozen = no_grad();
            first.sub_(gradients[0] * 1e-3);
            second.sub_(gradients[1] * 1e-3);
            third.sub_(gradients[2] * 1e-3);
        }) * 1e6, "µs");
        return Task.CompletedTask;

        Tensor Forward() => input.matmul(first).tanh().matmul(second).tanh().matmul(third);
    }

    private static double PerCall(int calls, Action action) => BenchCommand.MedianSeconds(5, () =>
    {
        for (var call = 0; call < calls; call++)
            action();
    }) / calls;
}
