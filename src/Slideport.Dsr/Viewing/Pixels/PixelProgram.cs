namespace Slideport.Dsr.Viewing.Pixels;

/// <summary>The program that <see cref="PixelAgent.RunAsync"/> is started by.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Arguments">Its arguments.</param>
internal sealed record PixelProgram(string Path, IReadOnlyList<string> Arguments)
{
    /// <summary>This program, which must become the agent when its only argument is <see cref="PixelAgent.Command"/>.</summary>
    internal static PixelProgram Self
    {
        get
        {
            var path = Environment.ProcessPath ?? throw new InvalidOperationException("This process has no program.");
            return System.IO.Path.GetFileNameWithoutExtension(path) == "dotnet" ? new(path, [Environment.GetCommandLineArgs()[0], PixelAgent.Command]) : new(path, [PixelAgent.Command]);
        }
    }
}
