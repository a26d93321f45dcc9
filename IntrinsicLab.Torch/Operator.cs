using System.Text;
using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>One operator of libtorch's dispatcher, looked up by schema name at the first call.</summary>
internal sealed unsafe class Operator(string name, string overload)
{
    private nint _handle;

    internal string Name => overload.Length == 0 ? name : $"{name}.{overload}";

    internal nint Handle => _handle != 0 ? _handle : Find();

    internal Tensor Call(Value* arguments, int count)
    {
        var result = Native.torch_call(Handle, arguments, count);
        return result != 0 ? new Tensor(result) : throw Native.Error();
    }

    internal void CallInPlace(Value* arguments, int count) => Native.Check(Native.torch_call_in_place(Handle, arguments, count));

    internal (Tensor, Tensor) CallTwo(Value* arguments, int count)
    {
        var results = stackalloc Value[2];
        CallMany(arguments, count, results, 2);
        return (new Tensor(results[0].Pointer), new Tensor(results[1].Pointer));
    }

    internal (Tensor, Tensor, Tensor) CallThree(Value* arguments, int count)
    {
        var results = stackalloc Value[3];
        CallMany(arguments, count, results, 3);
        return (new Tensor(results[0].Pointer), new Tensor(results[1].Pointer), new Tensor(results[2].Pointer));
    }

    internal (Tensor, Tensor, Tensor, Tensor) CallFour(Value* arguments, int count)
    {
        var results = stackalloc Value[4];
        CallMany(arguments, count, results, 4);
        return (new Tensor(results[0].Pointer), new Tensor(results[1].Pointer),
            new Tensor(results[2].Pointer), new Tensor(results[3].Pointer));
    }

    internal Tensor[] CallList(Value* arguments, int count)
    {
        Value result;
        CallMany(arguments, count, &result, 1);
        var handles = (nint*)result.Pointer;
        var tensors = new Tensor[result.Count];
        for (var i = 0; i < tensors.Length; i++)
            tensors[i] = new Tensor(handles[i]);
        Native.torch_free(result.Pointer);
        return tensors;
    }

    internal bool CallBool(Value* arguments, int count)
    {
        Value result;
        CallMany(arguments, count, &result, 1);
        return result.Integer != 0;
    }

    private void CallMany(Value* arguments, int count, Value* results, int capacity)
    {
        var returned = Native.torch_call_many(Handle, arguments, count, results, capacity);
        Native.Check(returned);
        if (returned != capacity)
            throw new InvalidOperationException($"{Name} returned {returned} values, {capacity} were expected");
    }

    private nint Find()
    {
        fixed (byte* nameText = Encoding.UTF8.GetBytes(name + '\0'), overloadText = Encoding.UTF8.GetBytes(overload + '\0'))
            _handle = Native.torch_operator(nameText, overloadText);
        return _handle != 0 ? _handle : throw Native.Error();
    }
}
