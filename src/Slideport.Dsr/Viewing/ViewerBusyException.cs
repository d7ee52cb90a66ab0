namespace Slideport.Dsr.Viewing;

/// <summary>More is asked for at once than this server takes on: whoever asks comes again in a moment.</summary>
internal sealed class ViewerBusyException() : Exception("Too much is being looked at just now; try again in a moment.");
