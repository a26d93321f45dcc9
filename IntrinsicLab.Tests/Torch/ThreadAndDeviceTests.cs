using TorchSharp;
using static TorchSharp.torch;

namespace IntrinsicLab.Tests.Torch;

[Collection(nameof(WholeProcess))]
public sealed class ThreadAndDeviceTests
{
    [Fact]
    public void ThreadCount_IsWhatWasSet()
    {
        var before = get_num_threads();

        set_num_threads(1);
        Assert.Equal(1, get_num_threads());

        set_num_threads(before);
    }

    [Fact]
    public void Cpu_IsAlwaysThere()
    {
        Assert.True(TryInitializeDeviceType(DeviceType.CPU));
        InitializeDeviceType(DeviceType.CPU);
        Assert.Equal(cuda.is_available(), cuda.device_count() > 0);
    }

    [Fact]
    public void Cuda_WhereAvailable_ComputesTheSame()
    {
        if (!cuda.is_available())
            return;
        using var scope = NewDisposeScope();
        using var generator = new Generator(1, new Device("cuda:0"));
        var x = randn([8, 8], device: "cuda:0", generator: generator);

        Assert.True(x.is_cuda);
        Assert.True(x.mm(x).cpu().allclose(x.cpu().mm(x.cpu()), 1e-2, 1e-3));
    }
}
