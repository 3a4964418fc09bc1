// Asks which iris a flower is, and tells afterwards what the botanist found.
// Make IrisClient.cs beside it: relevo client csharp iris --gateway http://127.0.0.1:8000
// The gateway's address comes in RELEVO_GATEWAY, a client's token in RELEVO_TOKEN.
using System;
using System.Globalization;
using System.Threading.Tasks;
using Relevo.Iris;

internal static class Program
{
    private static int Main()
    {
        try
        {
            Run().GetAwaiter().GetResult();
            return 0;
        }
        catch (RelevoException error)
        {
            Console.Error.WriteLine(error.Code + ": " + error.Message);
            return 1;
        }
    }

    private static async Task Run()
    {
        string gateway = Environment.GetEnvironmentVariable("RELEVO_GATEWAY") ?? "http://127.0.0.1:8000";
        using (var client = new IrisClient(gateway, Environment.GetEnvironmentVariable("RELEVO_TOKEN")))
        {
            var flower = new IrisInput { SepalLength = 5.1, SepalWidth = 3.5, PetalLength = 1.4, PetalWidth = 0.2 };
            IrisPrediction prediction = await client.PredictAsync(flower);
            foreach (IrisClass one in new[] { IrisClass.Setosa, IrisClass.Versicolor, IrisClass.Virginica })
            {
                double probability = prediction.ProbabilityOf(one) ?? double.NaN;
                Console.WriteLine(one + " " + probability.ToString("R", CultureInfo.InvariantCulture));
            }
            Console.WriteLine(prediction.Id + " " + prediction.Class + " " + prediction.Version);
            LabelCounts told = await client.LabelAsync(prediction.Id, IrisClass.Setosa);
            Console.WriteLine(told.Accepted + " label accepted");
        }
    }
}
