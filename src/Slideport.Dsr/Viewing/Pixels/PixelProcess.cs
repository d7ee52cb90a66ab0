using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Slideport.Slides.Svs;

namespace Slideport.Dsr.Viewing.Pixels;

/// <summary>One process that makes pictures, one at a time. After an exception it is of no more use.</summary>
internal sealed class PixelProcess : IDisposable
{
    // What the runtime and names of libraries need; nothing else of this process, no secret of it above all.
    private static readonly string[] Inherited = ["PATH", "LANG", "TMPDIR", "DOTNET_ROOT"];

    private readonly Process _process;

    private PixelProcess(Process process)
    {
        _process = process;
        process.ErrorDataReceived += (_, _) => { }; // what libraries print is for nobody, but must not fill the pipe
        process.BeginErrorReadLine();
    }

    /// <summary>When it was last put aside: a timestamp of the pool's clock.</summary>
    internal long IdleSince { get; set; }

    /// <summary>Starts it.</summary>
    /// <exception cref="IOException">It cannot be started.</exception>
    internal static PixelProcess Start(PixelProgram program)
    {
        var start = new ProcessStartInfo(program.Path) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach (var argument in program.Arguments)
            start.ArgumentList.Add(argument);
        var inherited = Inherited.Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name))).ToArray();
        start.Environment.Clear();
        foreach (var (name, value) in inherited)
        {
            if (value is not null)
                start.Environment[name] = value;
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0"; // no dump with a patient's pixels
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_GCHeapHardLimit"] = PixelLimits.MaxManagedBytes.ToString("X", CultureInfo.InvariantCulture);
        try
        {
            return new PixelProcess(Process.Start(start) ?? throw new IOException($"'{start.FileName}' cannot be started."));
        }
        catch (Win32Exception e)
        {
            throw new IOException($"'{start.FileName}', which is to make pictures, cannot be started: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>Has a picture made.</summary>
    /// <param name="request">What of.</param>
    /// <param name="tiles">The coded tiles, in the request's order.</param>
    /// <param name="cancellationToken">Ends the process.</param>
    /// <exception cref="PixelException">The tiles are damaged, or the process ended over them.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    internal async Task<PictureOrProblem> MakeAsync(PixelRequest request, IReadOnlyList<ReadOnlyMemory<byte>> tiles, CancellationToken cancellationToken)
    {
        await using var cancelled = cancellationToken.Register(End);
        try
        {
            var (input, output) = (_process.StandardInput.BaseStream, _process.StandardOutput.BaseStream);
            await input.WriteAsync(PixelFrames.Of(request, PixelJson.Default.PixelRequest), cancellationToken);
            foreach (var tile in tiles)
                await input.WriteAsync(tile, cancellationToken);
            await input.FlushAsync(cancellationToken);
            var answer = await PixelFrames.ReadAsync(output, PixelJson.Default.PixelAnswer, cancellationToken) ?? throw new EndOfStreamException();
            if (answer.Problem is { } problem)
                return new PictureOrProblem([], problem);
            if (answer.Bytes is <= 0 or > PixelLimits.MaxPictureBytes)
                throw new InvalidDataException("A picture is too large.");
            var picture = new byte[answer.Bytes];
            await output.ReadExactlyAsync(picture, cancellationToken);
            return new PictureOrProblem(picture, null);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new PixelException("This part of the slide cannot be decoded: the process that tried it has ended over it.", e);
        }
    }

    public void Dispose()
    {
        End();
        _process.Dispose();
    }

    private void End()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}

/// <summary>What comes of a request: a picture, or why there is none although the process is as good as before.</summary>
internal readonly record struct PictureOrProblem(byte[] Picture, string? Problem);
