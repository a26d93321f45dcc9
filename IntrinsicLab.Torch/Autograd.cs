namespace TorchSharp;

public static partial class torch
{
    public static unsafe partial class autograd
    {
        /// <summary>Gradients of the sum of outputs, each weighted by its entry of <paramref name="grad_outputs"/>.</summary>
        /// <remarks>
        /// As in TorchSharp, retain_graph does not follow create_graph: whoever differentiates the result again sets both. The
        /// gradient of an input that was not used (allow_unused) is a tensor whose IsInvalid is true.
        /// </remarks>
        public static IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null,
            bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            var outputHandles = Value.Handles(outputs);
            var inputHandles = Value.Handles(inputs);
            var gradHandles = grad_outputs is null ? [] : Value.Handles(grad_outputs);
            var results = new nint[inputHandles.Length];
            fixed (nint* o = outputHandles, i = inputHandles, g = gradHandles, r = results)
            {
                Native.Check(Native.torch_grad(o, outputHandles.Length, i, inputHandles.Length, g, gradHandles.Length,
                    retain_graph ? 1 : 0, create_graph ? 1 : 0, allow_unused ? 1 : 0, r));
            }
            GC.KeepAlive(outputs);
            GC.KeepAlive(inputs);
            GC.KeepAlive(grad_outputs);
            var gradients = new List<Tensor>(results.Length);
            foreach (var handle in results)
                gradients.Add(new Tensor(handle));
            return gradients;
        }

        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null,
            bool create_graph = false, IList<Tensor>? inputs = null)
        {
            var tensorHandles = Value.Handles(tensors);
            var gradHandles = grad_tensors is null ? [] : Value.Handles(grad_tensors);
            var inputHandles = inputs is null ? [] : Value.Handles(inputs);
            fixed (nint* t = tensorHandles, g = gradHandles, i = inputHandles)
            {
                Native.Check(Native.torch_backward(t, tensorHandles.Length, g, gradHandles.Length, (retain_graph ?? create_graph) ? 1 : 0,
                    create_graph ? 1 : 0, i, inputHandles.Length));
            }
            GC.KeepAlive(tensors);
            GC.KeepAlive(grad_tensors);
            GC.KeepAlive(inputs);
        }

        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null,
            bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null,
            bool create_graph = false, IList<Tensor>? inputs = null) =>
            backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);
    }
}
