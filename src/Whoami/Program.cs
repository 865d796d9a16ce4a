Console.WriteLine("Whoami");
